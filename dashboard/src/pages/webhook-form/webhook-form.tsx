import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useBlocker, useNavigate, Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import type { Trigger } from './types.ts'
import { sampleValuesQuery } from '../../api/webhook-form.ts'
import type { Webhook } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { shownFields } from './applies.ts'
import { useDraft, useKeptDraft } from './drafts.ts'
import { messageAt } from './faults.ts'
import { WhatFields, WhenFields } from './fields.tsx'
import { Meanwhile } from './meanwhile.tsx'
import { Pairs } from './pairs.tsx'
import { focusFirstFault } from './place.tsx'
import { PreviewPanel } from './preview-panel.tsx'
import { MoreFields, RequestFields } from './request-fields.tsx'
import { Section } from './section.tsx'
import { TestPanel } from './test-panel.tsx'
import { useWebhookForm, type Notice } from './use-webhook-form.ts'
import { NEW, type FormValues } from './values.ts'
import { variablesFor } from './variables.ts'
import classes from './webhook-form.module.css'

const words = strings.webhookForm
const NOTICES: Record<Notice, string> = {
  created: words.created,
  saved: words.saved,
  merged: words.meanwhile.merged,
  taken: words.meanwhile.taken,
  restored: words.restored,
}

/**
 * The form, and beside it the request that it makes.
 * @param stored the webhook that is edited; null for a new one
 * @param isNew it was made just now
 * @param draftKey by which what is being written is found again after a session has ended
 */
export function WebhookForm({
  account,
  triggers,
  stored,
  initial,
  isNew = false,
  draftKey,
}: {
  account: string
  triggers: readonly Trigger[]
  stored: Webhook | null
  initial: FormValues
  isNew?: boolean
  draftKey: string
}) {
  const navigate = useNavigate()
  const [start] = useState(initial)
  const draft = useDraft(draftKey)
  const form = useWebhookForm(account, triggers, stored, start, draft, (webhook) => {
    leave()
    void navigate({
      to: '/webhooks/$webhookId/edit',
      params: { webhookId: webhook.id },
      state: { isNew: true },
      replace: true,
      ignoreBlocker: true,
    })
  })
  const { values, base, isDirty } = form
  const leave = useKeptDraft(draftKey, { values, base }, isDirty)
  const shown = shownFields(values, base, triggers)
  const chosen = triggers.filter(({ slug }) => values.triggers.includes(slug))
  const { date_time_format, time_zone } = values
  const sample = useQuery(sampleValuesQuery(account, form.trigger, { date_time_format, time_zone }))
  const variables = variablesFor(
    chosen.length === 0 ? triggers : chosen,
    sample.data ?? {},
    words.ownVariables,
  )

  const root = useRef<HTMLFormElement>(null)
  const [tries, setTries] = useState(0)
  const { isSaving, faults } = form
  const faultAt = useRef(faults)
  faultAt.current = faults
  useEffect(() => {
    if (tries > 0 && !isSaving && faultAt.current.length > 0)
      focusFirstFault(root.current, (path) => messageAt(faultAt.current, path) !== null)
  }, [tries, isSaving])

  const count = new Set(faults.map(({ path }) => path)).size
  const notice = form.notice ?? (isNew && !isDirty ? 'created' : null)
  const bodyHelp =
    values.method === 'GET' && values.body === 'all'
      ? words.help.parameters.query
      : words.help.parameters[values.body]
  return (
    <div className={classes['page']}>
      <form
        ref={root}
        className={classes['form']}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          form.save()
          setTries(tries + 1)
        }}
      >
        <Section title={words.sections.what}>
          <WhatFields form={form} />
        </Section>
        <Section title={words.sections.when}>
          <WhenFields form={form} shown={shown} triggers={triggers} account={account} />
        </Section>
        <Section title={words.sections.request}>
          <RequestFields form={form} shown={shown} />
        </Section>
        <Section title={words.sections.headers}>
          <Pairs form={form} field="headers" add={words.addHeader} variables={variables}>
            <p className={classes['help']}>{words.help.headers}</p>
          </Pairs>
        </Section>
        <Section title={words.sections.parameters}>
          <Pairs form={form} field="parameters" add={words.addParameter} variables={variables}>
            <p className={classes['help']}>{bodyHelp}</p>
          </Pairs>
        </Section>
        <Section title={words.sections.more} isFolded={isUsual(start)}>
          <MoreFields form={form} shown={shown} />
        </Section>
        {form.problem !== null && <ErrorPanel error={form.problem} />}
        <div className={classes['bar']}>
          <Button
            type="submit"
            loading={isSaving}
            disabled={base !== null && !isDirty}
            // The focus stays until the click: a field that is left tells its fault, and would move the button away.
            onMouseDown={(event) => event.preventDefault()}
          >
            {base === null ? words.save : words.saveChanges(form.changes)}
          </Button>
          {base !== null && isDirty ? (
            <Button variant="default" onClick={form.discard}>
              {words.discard}
            </Button>
          ) : (
            <Button variant="default" renderRoot={(props) => <Link to="/webhooks" {...props} />}>
              {base === null ? words.cancel : words.back}
            </Button>
          )}
          {count > 0 && (
            <p role="alert" className={classes['bad']}>
              {words.faults(count)}
            </p>
          )}
          <p role="status" className={classes['good']}>
            {notice !== null && count === 0 && NOTICES[notice]}
          </p>
        </div>
      </form>
      <div className={classes['aside']}>
        <PreviewPanel form={form} triggers={triggers} />
        <TestPanel form={form} />
      </div>
      {form.meanwhile !== null && (
        // To be chosen anew if a third was faster again.
        <Meanwhile key={form.meanwhile.theirs.etag} {...form.meanwhile} triggers={triggers} />
      )}
      <Leaving isDirty={isDirty} onLeave={leave} />
    </div>
  )
}

/** Whether all that stands under "More" is as for a new webhook. */
function isUsual(values: FormValues): boolean {
  const fields = ['body', 'value_types', 'nested_form', 'ordering'] as const
  return (
    fields.every((field) => values[field] === NEW[field]) &&
    values.rate_limit === '' &&
    values.max_age_seconds === ''
  )
}

/** Asks before changes are lost, to another page of ours or to anywhere else. */
function Leaving({ isDirty, onLeave }: { isDirty: boolean; onLeave: () => void }) {
  const blocker = useBlocker({
    shouldBlockFn: () => isDirty,
    enableBeforeUnload: () => isDirty,
    withResolver: true,
  })
  if (blocker.status !== 'blocked') return null
  return (
    <Confirm
      title={words.leave}
      action={words.leaveAction}
      isBusy={false}
      onConfirm={() => {
        onLeave()
        blocker.proceed()
      }}
      onClose={blocker.reset}
    >
      {words.leaveWhy}
    </Confirm>
  )
}
