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
import { differencesOf, keptOf, rebased, writtenSince, type Choices } from './merge.ts'
import { bodyOf, isSame, patchOf, valuesOf, writtenOf, type FormValues } from './values.ts'

const TYPING_MS = 300
const words = strings.webhookForm

export type Notice = 'created' | 'saved' | 'merged' | 'taken' | 'restored'

interface Change {
  /** The version that it is a change of. */
  base: Webhook
  patch: WebhookBody
  /** The form that it was made of. */
  values: FormValues
  /** What is said once it is done. */
  notice: Notice
}

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

  const rebase = (webhook: Webhook, next: FormValues, why: Notice | null, saved = values) => {
    setBase(webhook)
    setBegun(next)
    setValues((now) => writtenSince(saved, now, next))
    setFaults([])
    setIsTried(false)
    setTheirs(null)
    setNotice(why)
  }

  const saving = useMutation({
    mutationFn: async (change: Change | null) => {
      if (change !== null) return changeWebhook(change.base.id, change.patch, change.base.etag)
      const text = JSON.stringify(body)
      if (sent.current.body !== text) sent.current = { body: text, key: crypto.randomUUID() }
      return createWebhook(account, body, sent.current.key)
    },
    onSuccess: async (webhook, change) => {
      if (change === null) onCreated(webhook)
      else rebase(webhook, valuesOf(webhook), change.notice, change.values)
      await queries.invalidateQueries({ queryKey: ['webhooks', account] })
    },
    onError: (error, change) => {
      if (!(error instanceof ApiProblem)) return
      setFaults(error.faults)
      if (error.code !== 'precondition_failed' || change === null || error.current == null) return
      // Safe: that is what this route tells of a version that is not there any more.
      const current = error.current as Webhook
      const isElsewhere =
        differencesOf(change.base, {}, current).length === 0 && change.base.status === current.status
      // Nothing of it is on this form, as when its secret was rotated.
      if (isElsewhere && current.etag !== change.base.etag) saving.mutate({ ...change, base: current })
      else setTheirs(current)
    },
  })

  const differences =
    base === null || theirs === null ? [] : differencesOf(base, writtenOf(values, base, triggers), theirs)
  /** The form over their version, and what of it is to be saved then. */
  const mergedBy = (version: Webhook, choices: Choices) => {
    const next = rebased(values, version, keptOf(differences, choices))
    return { next, patch: patchOf(next, version, triggers) }
  }

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
      saving.mutate(base === null ? null : { base, patch, values, notice: 'saved' })
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
    /** Somebody else was faster: what each has changed. */
    meanwhile:
      base === null || theirs === null
        ? null
        : {
            base,
            theirs,
            differences,
            patchBy: (choices: Choices) => mergedBy(theirs, choices).patch,
            /** Goes on with what was chosen: saves it, if anything of mine is left. */
            settle: (choices: Choices) => {
              const merged = mergedBy(theirs, choices)
              const isMine = Object.keys(merged.patch).length > 0
              rebase(theirs, merged.next, isMine ? null : 'taken')
              if (isMine)
                saving.mutate({ base: theirs, patch: merged.patch, values: merged.next, notice: 'merged' })
            },
            drop: () => rebase(theirs, valuesOf(theirs), 'taken'),
            decideLater: () => setTheirs(null),
          },
  }
}

export type WebhookFormState = ReturnType<typeof useWebhookForm>
