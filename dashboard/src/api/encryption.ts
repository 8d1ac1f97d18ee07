import { useMutation } from '@tanstack/react-query'
import type { InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'

export type Resealed = InferResponseType<typeof v1.encryption.reseal.$post, 200>

/**
 * Seals what a former key has sealed, call by call until none is left, or one takes it no further.
 * @param onProgress told after each call, with the sum of what is sealed so far
 */
export function useReseal(onProgress: (progress: Resealed) => void) {
  return useMutation({
    mutationFn: async () => {
      let resealed = 0
      for (;;) {
        const answer = await ask(v1.encryption.reseal.$post())
        resealed += answer.resealed
        const progress = { ...answer, resealed }
        onProgress(progress)
        if (answer.remaining === 0 || answer.resealed === 0) return progress
      }
    },
  })
}
