import { Button, Group, NativeSelect, Radio, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { ACCOUNT_SCOPES, GLOBAL_SCOPES, useCreateKey, type NewKey, type Scope } from '../../api/keys.ts'
import { strings } from '../../strings.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { fieldErrors, isBeside } from '../../ui/field-errors.ts'

const words = strings.operator.keys
const DAY_MS = 24 * 60 * 60 * 1000

/** @param account null: a key for every account */
export function MakeKey({
  account,
  onMade,
  onClose,
}: {
  account: string | null
  onMade: (key: NewKey) => void
  onClose: () => void
}) {
  const { mutate, isPending, error } = useCreateKey(account)
  const scopes: readonly [Scope, ...Scope[]] = account === null ? GLOBAL_SCOPES : ACCOUNT_SCOPES
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { name: '', scope: scopes[0], days: 'never' },
    validate: {
      name: (name) => (name.trim() === '' ? strings.operator.account.nameNeeded : null),
    },
  })
  const make = ({ name, scope, days }: typeof form.values) => {
    const expires_at = days === 'never' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString()
    mutate(
      { name: name.trim(), scope, expires_at },
      { onSuccess: onMade, onError: (problem) => form.setErrors(fieldErrors(problem)) },
    )
  }
  return (
    <Dialog title={words.add} onClose={onClose}>
      <form onSubmit={form.onSubmit(make)} noValidate>
        <Stack gap="sm">
          <TextInput
            label={words.name}
            description={words.nameHelp}
            autoComplete="off"
            data-autofocus
            key={form.key('name')}
            {...form.getInputProps('name')}
          />
          <Radio.Group label={words.scope} key={form.key('scope')} {...form.getInputProps('scope')}>
            <Stack gap="xs" mt={6}>
              {scopes.map((scope) => (
                <Radio key={scope} value={scope} label={words.scopes[scope]} description={words.may[scope]} />
              ))}
            </Stack>
          </Radio.Group>
          <NativeSelect
            label={words.expires}
            data={Object.entries(words.expiryDays)
              .map(([value, label]) => ({ value, label }))
              .sort((one, other) => Number(one.value !== 'never') - Number(other.value !== 'never'))}
            key={form.key('days')}
            {...form.getInputProps('days')}
          />
          {isBeside(error, ['name', 'scope']) && <ErrorPanel error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {strings.common.cancel}
            </Button>
            <Button type="submit" loading={isPending}>
              {words.add}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
