import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useNavigate } from '@tanstack/react-router'
import { useCreateAccount } from '../../api/account-changes.ts'
import { strings } from '../../strings.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { fieldErrors, isBeside } from '../../ui/field-errors.ts'
import { accountChecks, accountFields } from './account-fields.ts'

const words = strings.operator

/** Makes an account, and leads to it: the next thing is a key for it. */
export function AddAccount({ onClose }: { onClose: () => void }) {
  const { mutate, isPending, error } = useCreateAccount()
  const navigate = useNavigate()
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { name: '', country: 'IN' },
    validate: accountChecks,
  })
  const create = (values: { name: string; country: string }) =>
    mutate(accountFields(values), {
      onSuccess: ({ id }) => void navigate({ to: '/operator/account', search: { account: id, tab: 'keys' } }),
      onError: (problem) => form.setErrors(fieldErrors(problem)),
    })
  return (
    <Dialog title={words.accounts.add} onClose={onClose}>
      <form onSubmit={form.onSubmit(create)} noValidate>
        <Stack gap="sm">
          <TextInput
            label={words.account.name}
            autoComplete="off"
            data-autofocus
            key={form.key('name')}
            {...form.getInputProps('name')}
          />
          <TextInput
            label={words.account.country}
            description={words.account.countryHelp}
            autoComplete="off"
            maxLength={2}
            w={{ base: '100%', xs: 220 }}
            key={form.key('country')}
            {...form.getInputProps('country')}
          />
          {isBeside(error, ['name', 'country']) && <ErrorPanel error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {strings.common.cancel}
            </Button>
            <Button type="submit" loading={isPending}>
              {words.accounts.add}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
