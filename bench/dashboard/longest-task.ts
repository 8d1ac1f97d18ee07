import { writeFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import * as z from 'zod'

/** A task of the page's main thread: how long it was, and how long of that it had a CPU (ms). */
export interface Task {
  ms: number
  cpuMs: number
}

const trace = z.object({
  traceEvents: z.array(
    z.object({
      name: z.string(),
      pid: z.int(),
      tid: z.int(),
      dur: z.number().optional(),
      tdur: z.number().optional(),
      args: z.object({ name: z.unknown().optional() }).optional(),
    }),
  ),
})

/** What is traced: tasks alone, or what they did as well. */
const TASKS = ['toplevel']
const DETAILS = [...TASKS, 'devtools.timeline', 'v8', 'disabled-by-default-v8.cpu_profiler']

/**
 * The longest task of a page while something is done and until two more frames are drawn, of what the browser notes of all
 * its tasks: a `PerformanceObserver` has their length alone, which on a busy machine is mostly waiting for a CPU.
 * @param keep a file for the trace, with what each task did; null: tasks alone are traced, which costs less
 */
export async function longestTask(
  browser: Browser,
  page: Page,
  act: () => Promise<unknown>,
  keep: string | null,
): Promise<Task> {
  await browser.startTracing(page, { categories: keep === null ? TASKS : DETAILS })
  await act()
  await page.evaluate(
    'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))))',
  )
  const written = await browser.stopTracing()
  if (keep !== null) writeFileSync(keep, written)
  const { traceEvents } = trace.parse(JSON.parse(written.toString()))
  const mains = new Set(
    traceEvents.flatMap(({ name, pid, tid, args }) =>
      name === 'thread_name' && args?.name === 'CrRendererMain' ? [`${pid} ${tid}`] : [],
    ),
  )
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => name === 'ThreadControllerImpl::RunTask' && mains.has(`${pid} ${tid}`),
  )
  const longest = (what: 'dur' | 'tdur'): number =>
    tasks.reduce((most, task) => Math.max(most, task[what] ?? 0), 0) / 1000
  return { ms: longest('dur'), cpuMs: longest('tdur') }
}
