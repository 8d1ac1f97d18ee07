import { median, printTable } from '../figures.ts'
import type { Task } from './longest-task.ts'

/** One thing that was done once. */
export interface Figure {
  what: string
  /** Until it was shown; null: it is done at once. */
  tookMs: number | null
  /** The longest meanwhile; null: it is counted with what follows. */
  task: Task | null
}

/** Prints the medians of what was done several times. */
export function printFigures(title: string, figures: readonly Figure[]): void {
  const names = [...new Set(figures.map(({ what }) => what))]
  printTable(
    [title, 'shown after, ms', 'longest task, ms', 'of that with a CPU'],
    names.map((name) => {
      const own = figures.filter(({ what }) => what === name)
      const tasks = own.flatMap(({ task }) => task ?? [])
      return [
        name,
        whole(own.flatMap(({ tookMs }) => tookMs ?? [])),
        whole(tasks.map((task) => task.ms)),
        whole(tasks.map((task) => task.cpuMs)),
      ]
    }),
  )
}

function whole(values: readonly number[]): string {
  return values.length === 0 ? '' : median(values).toFixed(0)
}
