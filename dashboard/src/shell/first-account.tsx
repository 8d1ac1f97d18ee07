import { Button, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { accountsQuery, createAccount } from '../api/accounts.ts'
import { strings } from '../strings.ts'
import { EmptyPanel } from '../ui/empty-panel.tsx'
import { ErrorPanel } from '../ui/error-panel.tsx'

const words = strings.firstAccount

/** For an operator of a relay that has no account yet: without one there is nothing to show. */
export function FirstAccount() {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { mutate, isPending, error } = useMutation({
    mutationFn: createAccount,
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: accountsQuery.queryKey })
      await navigate({ to: '/start', search: { account: id } })
    },
  })
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { name: '' },
    validate: { name: (name) => (name.trim() === '' ? words.required : null) },
  })
  return (
    <EmptyPanel title={words.title} why={words.why}>
      <form onSubmit={form.onSubmit(({ name }) => mutate(name.trim()))}>
        <Stack maw="20rem" mx="auto" ta="start">
          <TextInput
            label={words.name}
            description={words.nameHelp}
            maxLength={120}
            autoComplete="off"
            key={form.key('name')}
            {...form.getInputProps('name')}
          />
          <Button type="submit" loading={isPending}>
            {words.submit}
          </Button>
          {error !== null && <ErrorPanel error={error} />}
        </Stack>
      </form>
    </EmptyPanel>
  )
}
