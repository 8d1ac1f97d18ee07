import { Button, Group, NativeSelect, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useCreatePortalLink, type PortalLink } from '../../api/sessions.ts'
import { oneOf } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { fieldErrors, isBeside } from '../../ui/field-errors.ts'

const words = strings.operator.links
const SCOPES = ['manage', 'read'] as const
const HOUR_S = 60 * 60
/** The API's names of the fields by the form's. */
const FIELDS = { 'user.id': 'userId', 'user.name': 'userName', path: 'path', embed_origin: 'origin' }

export function MakeLink({
  account,
  onMade,
  onClose,
}: {
  account: string
  onMade: (link: PortalLink) => void
  onClose: () => void
}) {
  const { mutate, isPending, error } = useCreatePortalLink(account)
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { scope: 'manage', userName: '', userId: '', path: '/', origin: '', hours: '12' },
    validate: {
      userName: (name, { userId }) => (name.trim() === '' && userId.trim() !== '' ? words.userBoth : null),
      userId: (id, { userName }) => (id.trim() === '' && userName.trim() !== '' ? words.userBoth : null),
    },
  })
  const make = ({ scope, userName, userId, path, origin, hours }: typeof form.values) =>
    mutate(
      {
        scope: oneOf(SCOPES, scope) ?? 'read',
        session_seconds: Number(hours) * HOUR_S,
        path: path.trim() === '' ? '/' : path.trim(),
        ...(userId.trim() !== '' && { user: { id: userId.trim(), name: userName.trim() } }),
        ...(origin.trim() !== '' && { embed_origin: origin.trim() }),
      },
      {
        onSuccess: onMade,
        onError: (problem) => {
          const faults = fieldErrors(problem)
          form.setErrors(
            Object.fromEntries(Object.entries(FIELDS).map(([name, field]) => [field, faults[name]])),
          )
        },
      },
    )
  return (
    <Dialog title={words.make} onClose={onClose}>
      <form onSubmit={form.onSubmit(make)} noValidate>
        <Stack gap="sm">
          <SimpleGrid cols={2} spacing="sm">
            <NativeSelect
              label={words.scope}
              data-autofocus
              data={SCOPES.map((value) => ({ value, label: words.scopes[value] }))}
              key={form.key('scope')}
              {...form.getInputProps('scope')}
            />
            <NativeSelect
              label={words.hours}
              data={Object.entries(words.hoursEach).map(([value, label]) => ({ value, label }))}
              key={form.key('hours')}
              {...form.getInputProps('hours')}
            />
            <TextInput
              label={words.userName}
              autoComplete="off"
              key={form.key('userName')}
              {...form.getInputProps('userName')}
            />
            <TextInput
              label={words.userId}
              autoComplete="off"
              key={form.key('userId')}
              {...form.getInputProps('userId')}
            />
          </SimpleGrid>
          <TextInput
            label={words.path}
            description={words.pathHelp}
            autoComplete="off"
            key={form.key('path')}
            {...form.getInputProps('path')}
          />
          <TextInput
            label={words.origin}
            description={words.originHelp}
            placeholder="https://panel.example.com"
            inputMode="url"
            autoComplete="off"
            key={form.key('origin')}
            {...form.getInputProps('origin')}
          />
          {isBeside(error, Object.keys(FIELDS)) && <ErrorPanel error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {strings.common.cancel}
            </Button>
            <Button type="submit" loading={isPending}>
              {words.make}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
