import {
  Button,
  NativeSelect,
  Popover,
  Stack,
  Text,
  useMantineColorScheme,
  type MantineColorScheme,
} from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { accountQuery } from '../api/accounts.ts'
import { signOut, type Session } from '../api/session.ts'
import { useLook } from '../embed/frame-look.ts'
import { oneOf } from '../search.ts'
import { strings } from '../strings.ts'
import { ErrorPanel } from '../ui/error-panel.tsx'
import { useZone, ZONES } from '../ui/zone.ts'
import { useSession } from './account.ts'

const SCHEMES = ['auto', 'light', 'dark'] as const satisfies MantineColorScheme[]

/** Whose session it is, how things are shown, and the way out. */
export function Settings() {
  const session = useSession()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const look = useLook()
  const [zone, setZone] = useZone()
  const { shell } = strings
  return (
    <Popover position="bottom-end" trapFocus withinPortal>
      <Popover.Target>
        <Button size="xs" variant="default">
          <Who session={session} />
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={shell.settings}>
        <Stack gap="sm" w={220}>
          <Text size="sm" c="dimmed">
            {shell.signedInAs}{' '}
            <Text span c="var(--mantine-color-text)" fw={600}>
              <Who session={session} />
            </Text>
            {' · '}
            {shell.scopes[session.scope]}
          </Text>
          {look.theme === null && (
            <NativeSelect
              size="xs"
              label={shell.theme}
              value={colorScheme}
              data={SCHEMES.map((value) => ({ value, label: shell.themes[value] }))}
              onChange={(event) => setColorScheme(oneOf(SCHEMES, event.currentTarget.value) ?? 'auto')}
            />
          )}
          <NativeSelect
            size="xs"
            label={shell.zone}
            value={zone}
            data={ZONES.map((value) => ({ value, label: shell.zones[value] }))}
            onChange={(event) => setZone(oneOf(ZONES, event.currentTarget.value) ?? 'browser')}
          />
          <Button size="xs" variant="default" component="a" href="/docs" target="_blank">
            {shell.docs}
          </Button>
          <SignOut />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

/** Who is signed in is always to be seen: a link from a stranger may have signed somebody in to another account. */
function Who({ session }: { session: Session }) {
  const { account_id, user } = session
  const account = useQuery({ ...accountQuery(account_id ?? ''), enabled: account_id !== null })
  if (account_id === null) return strings.shell.scopes.admin
  const name = account.data?.name ?? account_id
  return user === null ? name : `${user.name} · ${name}`
}

function SignOut() {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { mutate, isPending, error } = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      queries.clear()
      await navigate({ to: '/sign-in', search: {} })
    },
  })
  return (
    <>
      <Button size="xs" variant="default" loading={isPending} onClick={() => mutate()}>
        {strings.shell.signOut}
      </Button>
      {error !== null && <ErrorPanel error={error} />}
    </>
  )
}
