import { Button, Group, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { readSecret, type Secrets, type WebhookDetail } from '../../api/webhook.ts'
import { strings } from '../../strings.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { Time } from '../../ui/time.tsx'
import { Panel } from './panel.tsx'
import { RotateDialog } from './rotate-dialog.tsx'
import classes from './secret-panel.module.css'

const words = strings.webhook.secret
const SHOWN_MS = 60_000
const DOTS = '••••••••••••••••'

/** The signing secret: read by a click alone, shown for a minute, and kept nowhere after that. */
export function SecretPanel({ webhook }: { webhook: WebhookDetail }) {
  const [shown, setShown] = useState<Secrets | null>(null)
  const [isRotating, setIsRotating] = useState(false)
  // No cache of the answer: it goes with what is shown.
  const revealing = useMutation({
    mutationFn: async () => setShown(await readSecret(webhook.id)),
    gcTime: 0,
  })
  useEffect(() => {
    if (shown === null) return
    const timer = setTimeout(() => setShown(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [shown])
  return (
    <Panel
      title={words.title}
      anchor="secret"
      controls={
        <Group gap="xs">
          <Button
            size="compact-xs"
            variant="default"
            loading={revealing.isPending}
            onClick={() => (shown === null ? revealing.mutate() : setShown(null))}
          >
            {shown === null ? words.reveal : words.hide}
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => setIsRotating(true)}>
            {words.rotate}
          </Button>
        </Group>
      }
    >
      {revealing.error !== null && <ErrorPanel error={revealing.error} />}
      <div aria-live="polite">
        {shown === null ? (
          <code className={classes['secret']} aria-label={words.hidden} role="img">
            {DOTS}
          </code>
        ) : (
          <>
            <Group gap="xs" wrap="nowrap" align="start" justify="space-between">
              <code className={classes['secret']}>{shown.secret}</code>
              <CopyButton text={shown.secret} what={words.current} />
            </Group>
            {shown.previous.map(({ secret, expires_at }) => (
              <div key={secret} className={classes['previous']}>
                <Text size="xs" c="dimmed">
                  {words.previous} <Time at={expires_at} webhookZone={webhook.time_zone} />
                </Text>
                <code className={classes['secret']}>{secret}</code>
              </div>
            ))}
          </>
        )}
      </div>
      <Text size="xs" c="dimmed" mt="xs">
        {shown === null ? words.why : words.hides}
      </Text>
      {isRotating && (
        <RotateDialog webhook={webhook} onRotated={setShown} onClose={() => setIsRotating(false)} />
      )}
    </Panel>
  )
}
