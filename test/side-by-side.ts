import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Computes all the time, and the others wait for windows and alarms: it comes before them, and not between. */
const FIRST = 'unit'

/**
 * The other projects of a group beside each other, from first to last, each with its longest files first. Vitest runs one
 * project after the other, so that one's longest file runs alone at the end, and what computes is not beside what waits.
 */
export class SideBySide extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const projects = Map.groupBy(sorted, ({ project }) => project.name)
    /** Which part of its project comes before a file: 0 to 1. */
    const before = new Map(
      [...projects].flatMap(([name, own]) =>
        own.map((file, index) => [file, name === FIRST ? 0 : index / own.length] as const),
      ),
    )
    const group = ({ project }: TestSpecification): number => project.config.sequence.groupOrder
    return sorted.toSorted((a, b) => group(a) - group(b) || (before.get(a) ?? 0) - (before.get(b) ?? 0))
  }
}
