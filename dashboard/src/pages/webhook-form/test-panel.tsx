import { Button, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { testWebhook, type TestAttempt } from '../../api/webhook-form.ts'
import { strings } from '../../strings.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { prettyOf } from '../../ui/pretty.ts'
import type { WebhookFormState } from './use-webhook-form.ts'
import formClasses from './webhook-form.module.css'
import classes from './preview-panel.module.css'

const words = strings.webhookForm.test

/** Sends the sample to the receiver, and shows what it answered. */
export function TestPanel({ form }: { form: WebhookFormState }) {
  const { base, trigger, isDirty } = form
  const test = useMutation({
    mutationFn: async (id: string) =>
      // One that is chosen and not saved yet is no trigger of the saved webhook.
      testWebhook(id, base?.triggers.find((slug) => slug === trigger) ?? null),
  })
  return (
    <section aria-label={words.title}>
      <Title order={2}>{words.title}</Title>
      <p className={formClasses['lead']}>
        {base === null ? words.unsaved : isDirty ? words.dirty : words.why}
      </p>
      {base !== null && (
        <Button size="xs" variant="default" loading={test.isPending} onClick={() => test.mutate(base.id)}>
          {words.send}
        </Button>
      )}
      <div role="status">{test.data !== undefined && !test.isPending && <Answer attempt={test.data} />}</div>
      {test.error !== null && <ErrorPanel error={test.error} />}
    </section>
  )
}

function Answer({ attempt: { status_code, error, duration_ms, response_body } }: { attempt: TestAttempt }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => place.current?.scrollIntoView({ block: 'nearest' }), [])
  return (
    <div ref={place}>
      <div className={classes['result']}>
        <StatusBadge tone={error === null ? 'good' : 'bad'}>
          {status_code === null ? words.noAnswer : String(status_code)}
        </StatusBadge>
        {words.in(duration_ms)}
        {error !== null && status_code === null && <code>{error}</code>}
      </div>
      {response_body === null || response_body === '' ? (
        <p className={classes['quiet']}>{words.emptyAnswer}</p>
      ) : (
        <pre className={classes['body']} tabIndex={0} aria-label={words.answer} role="region">
          {prettyOf(response_body, undefined) ?? response_body}
        </pre>
      )}
    </div>
  )
}
