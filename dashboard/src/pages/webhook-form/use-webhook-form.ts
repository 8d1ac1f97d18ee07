import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { ApiProblem } from '../../api/problem.ts'
import { changeWebhook, createWebhook, previewQuery, type WebhookBody } from '../../api/webhook-form.ts'
import type { Webhook } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import type { Draft } from './drafts.ts'
import { messageAt, placed } from './faults.ts'
import type { Fault, Trigger } from './types.ts'
import { bodyOf, isSame, patchOf, valuesOf, type FormValues } from './values.ts'
import { changedMeanwhile, rebased } from './versions.ts'

const TYPING_MS = 300
const words = strings.webhookForm

export type Notice = 'created' | 'saved' | 'taken' | 'kept' | 'restored'

/**
 * The form: what it holds, what the API says of it as one types, and what becomes of it.
 * @param stored the webhook that is edited; null for a new one
 * @param draft what was being written before, if anything
 * @param onCreated once a new one is there
 */
export function useWebhookForm(
  account: string,
  triggers: readonly Trigger[],
  stored: Webhook | null,
  initial: FormValues,
  draft: Draft | undefined,
  onCreated: (webhook: Webhook) => void,
) {
  const queries = useQueryClient()
  const [base, setBase] = useState(draft === undefined ? stored : draft.base)
  const [begun, setBegun] = useState(initial)
  const [values, setValues] = useState(draft?.values ?? initial)
  const [faults, setFaults] = useState<readonly Fault[]>([])
  const [visited, setVisited] = useState<ReadonlySet<string>>(new Set())
  const [isTried, setIsTried] = useState(false)
  const [theirs, setTheirs] = useState<Webhook | null>(null)
  const [notice, setNotice] = useState<Notice | null>(draft === undefined ? null : 'restored')
  const [sample, setSample] = useState<string | null>(null)
  const sent = useRef({ body: '', key: '' })

  const body = bodyOf(values, base, triggers)
  const patch: WebhookBody = base === null ? body : patchOf(values, base, triggers)
  const changes =
    base === null
      ? Object.entries(body).filter(([field, value]) => !isSame(value, bodyOf(begun, null, triggers)[field]))
          .length
      : Object.keys(patch).length

  const trigger = values.triggers.find((slug) => slug === sample) ?? values.triggers[0] ?? null
  const canPreview = trigger !== null && values.url.trim() !== ''
  const previewed = {
    ...body,
    ...(base !== null && { id: base.id }),
    name: values.name.trim() === '' ? words.preview.untitled : body['name'],
  }
  const [debounced] = useDebouncedValue(JSON.stringify({ previewed, trigger }), TYPING_MS)
  // Safe: it is what was written in the line before.
  const asked = JSON.parse(debounced) as { previewed: WebhookBody; trigger: string | null }
  const preview = useQuery({
    ...previewQuery(account, asked.previewed, asked.trigger ?? ''),
    enabled: canPreview && asked.trigger !== null,
    placeholderData: keepPreviousData,
  })

  const live = preview.data?.ok === false ? preview.data.faults : []
  const told = canPreview ? live.map((fault) => placed(fault, values)) : []
  const all = [
    ...faults.map((fault) => placed(fault, values)),
    ...told.filter(({ path }) => isTried || visited.has(path)),
  ]
  const warnings = (preview.data?.ok === true ? preview.data.request.warnings : (base?.warnings ?? [])).map(
    (fault) => placed(fault, values),
  )

  const rebase = (webhook: Webhook, next: FormValues, why: Notice) => {
    setBase(webhook)
    setBegun(next)
    setValues(next)
    setFaults([])
    setIsTried(false)
    setTheirs(null)
    setNotice(why)
  }

  const saving = useMutation({
    mutationFn: async (etag: string | null) => {
      if (base === null || etag === null) {
        const text = JSON.stringify(body)
        if (sent.current.body !== text) sent.current = { body: text, key: crypto.randomUUID() }
        return createWebhook(account, body, sent.current.key)
      }
      return changeWebhook(base.id, patch, etag)
    },
    onSuccess: async (webhook) => {
      if (base === null) onCreated(webhook)
      else rebase(webhook, valuesOf(webhook), 'saved')
      await queries.invalidateQueries({ queryKey: ['webhooks', account] })
    },
    onError: (error, etag) => {
      if (!(error instanceof ApiProblem)) return
      setFaults(error.faults)
      if (error.code !== 'precondition_failed' || base === null || error.current === null) return
      // Safe: that is what this route tells of a version that is not there any more.
      const current = error.current as Webhook
      const isElsewhere =
        changedMeanwhile(base, current, patch).length === 0 && base.status === current.status
      // Nothing of it is on this form, as when its secret was rotated.
      if (isElsewhere && etag === base.etag) saving.mutate(current.etag)
      else setTheirs(current)
    },
  })

  return {
    values,
    base,
    patch,
    changes,
    isDirty: changes > 0,
    notice,
    faults: all,
    faultAt: (path: string) => messageAt(all, path),
    warningAt: (path: string) => messageAt(warnings, path),
    set: <K extends keyof FormValues>(field: K, value: FormValues[K]) => {
      setValues((before) => ({ ...before, [field]: value }))
      setFaults((before) => before.filter(({ path }) => path.split('.')[0] !== field))
      setNotice(null)
    },
    visit: (path: string) => setVisited((before) => (before.has(path) ? before : new Set(before).add(path))),
    save: () => {
      setIsTried(true)
      setNotice(null)
      saving.mutate(base?.etag ?? null)
    },
    discard: () => {
      setValues(base === null ? begun : valuesOf(base))
      setFaults([])
      setIsTried(false)
    },
    isSaving: saving.isPending,
    /** What went wrong with saving and stands at no field. */
    problem:
      saving.error instanceof ApiProblem && ['invalid', 'precondition_failed'].includes(saving.error.code)
        ? null
        : saving.error,
    preview,
    isStale: debounced !== JSON.stringify({ previewed, trigger }) || preview.isFetching,
    canPreview,
    told,
    trigger,
    setSample,
    theirs,
    take: () => theirs !== null && rebase(theirs, valuesOf(theirs), 'taken'),
    keep: () => theirs !== null && rebase(theirs, rebased(values, theirs, patch), 'kept'),
    decideLater: () => setTheirs(null),
  }
}

export type WebhookFormState = ReturnType<typeof useWebhookForm>
