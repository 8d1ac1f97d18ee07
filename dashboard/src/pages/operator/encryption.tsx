import { Button, Progress, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useReseal, type Resealed } from '../../api/encryption.ts'
import { strings } from '../../strings.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import classes from './operator.module.css'

const words = strings.operator.encryption

/** After a change of the key: seals what is stored anew, and says how far it has come. */
export function EncryptionKey() {
  const [progress, setProgress] = useState<Resealed | null>(null)
  const { mutate, isPending, error } = useReseal(setProgress)
  return (
    <section className={classes['section']}>
      <Stack gap="sm">
        <Title order={2}>{words.title}</Title>
        <Text c="dimmed">{words.why}</Text>
        {progress !== null && <Shown progress={progress} isPending={isPending} />}
        {error !== null && <ErrorPanel error={error} />}
        <div>
          <Button
            variant="default"
            loading={isPending}
            onClick={() => {
              setProgress(null)
              mutate()
            }}
          >
            {progress === null ? words.start : words.again}
          </Button>
        </div>
      </Stack>
    </section>
  )
}

function Shown({
  progress: { resealed, remaining, unreadable },
  isPending,
}: {
  progress: Resealed
  isPending: boolean
}) {
  const all = resealed + remaining
  return (
    <div>
      <Progress value={all === 0 ? 100 : (resealed / all) * 100} aria-label={words.progress} mb="xs" />
      <div role="status">
        <Text>
          {words.resealed(resealed)}
          {remaining > 0 && `, ${words.remaining(remaining)}`}
        </Text>
        {!isPending && <Text>{remaining === 0 ? words.done : words.stuck}</Text>}
      </div>
      {unreadable > 0 && <Text c="var(--warn)">{words.unreadable(unreadable)}</Text>}
    </div>
  )
}
