import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useDeleteAccount, type Account } from '../../api/account-changes.ts'
import { strings } from '../../strings.ts'
import { AskDialog, focusPage } from '../../ui/ask-dialog.tsx'
import classes from './operator.module.css'

const words = strings.operator.account

/** Deletes the account, once its name is typed. */
export function DeleteAccount({ account }: { account: Account }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { mutate, isPending, error, reset } = useDeleteAccount(account)
  const [isAsking, setIsAsking] = useState(false)
  const gone = async () => {
    // Gone from the page first: what is shown of it would be asked for again, and be 404.
    await navigate({ to: '/operator', search: { account: '' } })
    queries.removeQueries({ queryKey: ['accounts', account.id] })
    await queries.invalidateQueries({ queryKey: ['accounts'] })
    focusPage()
  }
  return (
    <section className={classes['section']}>
      <Group justify="space-between">
        <Stack gap={4}>
          <Title order={2}>{words.danger}</Title>
          <Text c="dimmed">{words.dangerWhy}</Text>
        </Stack>
        <Button variant="default" onClick={() => setIsAsking(true)}>
          {words.deleteAction}
        </Button>
      </Group>
      {isAsking && (
        <AskDialog
          isFinal
          title={words.deleteTitle(account.name)}
          action={words.deleteAction}
          isBusy={isPending}
          error={error}
          typed={{ text: account.name, label: words.typeName(account.name) }}
          onConfirm={() => mutate(undefined, { onSuccess: () => void gone() })}
          onClose={() => {
            reset()
            setIsAsking(false)
          }}
        >
          <Text>{words.deleteWhy}</Text>
        </AskDialog>
      )}
    </section>
  )
}
