import type { WebhookStatus } from '../../../../src/contracts/webhook.ts'
import { ApiProblem } from '../../api/problem.ts'

export type BulkAction = 'pause' | 'enable'

interface Named {
  id: string
  name: string
  status: WebhookStatus
}

/**
 * Which of those that are selected an action is for. One that is disabled is not paused with others: it would begin to
 * hold events, which nobody means who stops many.
 */
export function targetsOf<T extends Named>(selected: readonly T[], action: BulkAction): T[] {
  return selected.filter(({ status }) => (action === 'pause' ? status === 'active' : status !== 'active'))
}

export interface BulkResult {
  done: string[]
  failed: { id: string; name: string; problem: ApiProblem }[]
  /** Those that were not tried, because one asked to stop or nobody is signed in any more. */
  left: string[]
}

/**
 * Changes one after the other, so that a relay under load is not asked for all at once; one that fails does not stop the
 * others.
 * @param change throws an ApiProblem if it was not made
 * @param onStep before each, with how many are done
 */
export async function changeEach<T extends Named>(
  targets: readonly T[],
  change: (target: T) => Promise<unknown>,
  onStep: (at: number, target: T) => void,
  signal: AbortSignal,
): Promise<BulkResult> {
  const result: BulkResult = { done: [], failed: [], left: [] }
  let isOver = false
  for (const [at, target] of targets.entries()) {
    if (isOver || signal.aborted) {
      result.left.push(target.name)
      continue
    }
    onStep(at, target)
    try {
      await change(target)
      result.done.push(target.name)
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      result.failed.push({ id: target.id, name: target.name, problem: error })
      isOver = error.isSignedOut
    }
  }
  return result
}
