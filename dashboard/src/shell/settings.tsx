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
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { accountQuery } from '../api/accounts.ts'
import { mayChange, signOut, type Session } from '../api/session.ts'
import { useLook } from '../embed/frame-look.ts'
import { oneOf } from '../search.ts'
import { strings } from '../strings.ts'
import { ErrorPanel } from '../ui/error-panel.tsx'
import { useZone, ZONES } from '../ui/zone.ts'
import { useChosenAccount, useSession } from './account.ts'

const SCHEMES = ['auto', 'light', 'dark'] as const satisfies MantineColorScheme[]

/** Whose session it is, how things are shown, the first steps once more, and the way out. @param onGo somebody goes elsewhere */
export function Settings({ onGo }: { onGo: () => void }) {
  const session = useSession()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const look = useLook()
  const [zone, setZone] = useZone()
  const hasAccount = useChosenAccount() !== null
  const [isOpen, setIsOpen] = useState(false)
  const { shell } = strings
  return (
    <Popover position="bottom-end" trapFocus withinPortal returnFocus opened={isOpen} onChange={setIsOpen}>
      <Popover.Target>
        <Button size="xs" variant="default" onClick={() => setIsOpen(!isOpen)}>
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
          {hasAccount && mayChange(session) && (
            <Button
              size="xs"
              variant="default"
              onClick={() => {
                setIsOpen(false)
                onGo()
              }}
              renderRoot={(props) => <Link to="/start" {...props} />}
            >
              {strings.start.title}
            </Button>
          )}
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
