import { Button, Stack, Text, Title } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { accountPagesQuery, useDeleteAccount, type Account } from '../../api/account-changes.ts'
import { accountsQuery } from '../../api/accounts.ts'
import { pathHere } from '../../place.ts'
import { strings } from '../../strings.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { focusPage } from '../../ui/focus-page.ts'
import classes from './operator.module.css'

const words = strings.operator.account

/** Deletes the account, once its name is typed. */
export function DeleteAccount({ account }: { account: Account }) {
  const queries = useQueryClient()
  const router = useRouter()
  const { mutate, isPending, error, reset } = useDeleteAccount(account)
  const [isAsking, setIsAsking] = useState(false)
  const gone = async () => {
    queries.removeQueries({ queryKey: accountPagesQuery.queryKey })
    // Away from its page first: what is shown of it would be asked for again, and be 404. By the address alone: a link
    // would keep the account.
    router.history.push(pathHere('/operator'))
    await router.load()
    queries.removeQueries({ queryKey: ['accounts', account.id] })
    await queries.invalidateQueries({ queryKey: accountsQuery.queryKey, exact: true })
    focusPage()
  }
  return (
    <section className={classes['section']}>
      <div className={classes['split']}>
        <Stack gap={4}>
          <Title order={2}>{words.danger}</Title>
          <Text c="dimmed">{words.dangerWhy}</Text>
        </Stack>
        <Button variant="default" onClick={() => setIsAsking(true)}>
          {words.deleteAction}
        </Button>
      </div>
      {isAsking && (
        <Confirm
          isDanger
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
        </Confirm>
      )}
    </section>
  )
}
