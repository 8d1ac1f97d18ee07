import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * The projects of a group beside each other, from first to last, each with its longest files first. Vitest runs one
 * project after the other: at first all compute, then all wait, and at last one waits for its longest file alone.
 */
export class SideBySide extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const projects = Map.groupBy(sorted, ({ project }) => project.name)
    /** Which part of its project comes before a file: 0 to 1. */
    const before = new Map(
      [...projects.values()].flatMap((own) => own.map((file, index) => [file, index / own.length] as const)),
    )
    const group = ({ project }: TestSpecification): number => project.config.sequence.groupOrder
    return sorted.toSorted((a, b) => group(a) - group(b) || (before.get(a) ?? 0) - (before.get(b) ?? 0))
  }
}
