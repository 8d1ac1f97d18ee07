import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useUpdateAccount, type Account } from '../../api/account-changes.ts'
import { strings } from '../../strings.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import classes from './operator.module.css'

const words = strings.operator.account

/** Whether events of the account match its webhooks. */
export function AccountSwitch({ account }: { account: Account }) {
  const { mutate, isPending, error, reset } = useUpdateAccount(account)
  const [isAsking, setIsAsking] = useState(false)
  const isOn = account.webhooks_enabled
  const close = () => {
    reset()
    setIsAsking(false)
  }
  return (
    <section className={classes['section']}>
      <div className={classes['split']}>
        <Stack gap={4}>
          <Group gap="xs">
            <Title order={2}>{words.switch}</Title>
            <StatusBadge tone={isOn ? 'good' : 'warn'}>
              {isOn ? strings.operator.on : strings.operator.off}
            </StatusBadge>
          </Group>
          <Text c="dimmed">{isOn ? words.switchOn : words.switchOff}</Text>
        </Stack>
        <Button variant="default" onClick={() => setIsAsking(true)}>
          {isOn ? words.turnOff : words.turnOn}
        </Button>
      </div>
      {isAsking && (
        <Confirm
          title={(isOn ? words.offTitle : words.onTitle)(account.name)}
          action={isOn ? words.turnOff : words.turnOn}
          isBusy={isPending}
          error={error}
          onConfirm={() => mutate({ webhooks_enabled: !isOn }, { onSuccess: close })}
          onClose={close}
        >
          <Stack gap="xs">
            <Text>{isOn ? words.offWhy : words.onWhy}</Text>
            {isOn && <Text>{words.offWaiting}</Text>}
          </Stack>
        </Confirm>
      )}
    </section>
  )
}
