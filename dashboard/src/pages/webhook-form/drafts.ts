/**
 * What was being written as a session ended: it is there again after signing in. Kept in memory alone, since it may hold
 * secrets, and once.
 */
import { useEffect, useRef, useState } from 'react'
import type { Webhook } from '../../api/webhooks.ts'
import type { FormValues } from './values.ts'

export interface Draft {
  values: FormValues
  /** The version that was begun with; null for a new webhook. */
  base: Webhook | null
}

const drafts = new Map<string, Draft>()

/** The draft that was left behind, if any. @param key whose, and of what */
export function useDraft(key: string): Draft | undefined {
  const [draft] = useState(() => drafts.get(key))
  useEffect(() => void drafts.delete(key), [key])
  return draft
}

/**
 * Keeps the draft if the form goes away by itself.
 * @returns to be called if it goes because somebody wants it to
 */
export function useKeptDraft(key: string, draft: Draft, isDirty: boolean): () => void {
  const latest = useRef({ draft, isKept: isDirty })
  const isDone = useRef(false)
  useEffect(() => {
    latest.current = { draft, isKept: isDirty }
  })
  useEffect(
    () => () => {
      if (latest.current.isKept && !isDone.current) drafts.set(key, latest.current.draft)
    },
    [key],
  )
  return () => {
    isDone.current = true
  }
}
