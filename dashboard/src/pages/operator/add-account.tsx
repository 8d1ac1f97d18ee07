import { Button, Group, NumberInput, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useCreateAccount } from '../../api/account-changes.ts'
import { strings } from '../../strings.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { fieldErrors, isBeside } from '../../ui/field-errors.ts'
import { accountChecks, accountFields, shardsCheck } from './account-fields.ts'
import classes from './operator.module.css'

const words = strings.operator
// While it is typed, what stands in the field of a number may be none.
const initialValues: { name: string; country: string; shards: number | string } = {
  name: '',
  country: 'IN',
  shards: 1,
}

/** Makes an account, and leads to it: the next thing is a key for it. */
export function AddAccount({ onClose }: { onClose: () => void }) {
  const { mutate, isPending, error } = useCreateAccount()
  const navigate = useNavigate()
  const form = useForm({
    mode: 'uncontrolled',
    initialValues,
    validate: { ...accountChecks, shards: shardsCheck },
  })
  const [isOpen, setIsOpen] = useState(false)
  const create = (values: typeof initialValues) =>
    mutate(
      { ...accountFields(values), shards: Number(values.shards) },
      {
        onSuccess: ({ id }) =>
          void navigate({ to: '/operator/account', search: { account: id, tab: 'keys' } }),
        onError: (problem) => form.setErrors(fieldErrors(problem)),
      },
    )
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
          <details
            className={classes['advanced']}
            open={isOpen || form.errors['shards'] !== undefined}
            onToggle={(event) => setIsOpen(event.currentTarget.open)}
          >
            <summary>{words.shards.advanced}</summary>
            <NumberInput
              label={words.shards.label}
              description={words.shards.help}
              hideControls
              clampBehavior="none"
              key={form.key('shards')}
              {...form.getInputProps('shards')}
            />
          </details>
          {isBeside(error, ['name', 'country', 'shards']) && <ErrorPanel error={error} />}
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
