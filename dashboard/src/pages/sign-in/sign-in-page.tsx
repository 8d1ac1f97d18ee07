import { Anchor, Button, Loader, PasswordInput, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { sessionQuery, signIn } from '../../api/session.ts'
import { isEmbedded, pathHere, safePath } from '../../place.ts'
import { pendingPortalLink } from '../../portal-link.ts'
import { strings } from '../../strings.ts'
import { Brand } from '../../ui/brand.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import classes from './sign-in-page.module.css'

/** By a key, or by the portal link that led here. */
export function SignInPage() {
  const { back, expired } = useSearch({ from: '/sign-in' })
  const router = useRouter()
  const queries = useQueryClient()
  const signingIn = useMutation({
    mutationKey: ['sign-in'],
    mutationFn: signIn,
    onSuccess: ({ path, ...session }) => {
      // Nothing of a former session is shown in this one.
      queries.clear()
      queries.setQueryData(sessionQuery.queryKey, session)
      router.history.replace(path === null ? safePath(back) : pathHere(path))
    },
  })
  const { mutate } = signingIn
  useEffect(() => {
    const token = pendingPortalLink()
    if (token !== null) mutate({ portal_link: token })
  })
  const isByLink = signingIn.variables !== undefined && 'portal_link' in signingIn.variables
  const words = strings.signIn
  return (
    <main className={classes['page']} data-embedded={isEmbedded}>
      <div className={classes['card']}>
        <Brand className={classes['product'] ?? ''} />
        <PageHeader title={isEmbedded && !isByLink ? words.embeddedTitle : words.title} />
        <Stack>
          {signingIn.error !== null && (
            <ErrorPanel error={signingIn.error} {...(isByLink ? { title: words.linkFailed } : {})} />
          )}
          {signingIn.isIdle && expired === 'yes' && (
            <Text role="status">{isEmbedded ? words.embeddedExpired : words.expired}</Text>
          )}
          {isByLink && !signingIn.isError ? (
            <Text role="status">
              <Loader size="xs" mr="xs" />
              {words.opening}
            </Text>
          ) : isEmbedded ? (
            <Text>{words.embedded}</Text>
          ) : (
            <KeyForm isBusy={signingIn.isPending} onKey={(key) => mutate({ key })} />
          )}
        </Stack>
      </div>
    </main>
  )
}

function KeyForm({ isBusy, onKey }: { isBusy: boolean; onKey: (key: string) => void }) {
  const words = strings.signIn
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { key: '' },
    validate: { key: (key) => (key.trim() === '' ? words.required : null) },
  })
  return (
    <form onSubmit={form.onSubmit(({ key }) => onKey(key.trim()))}>
      <Stack>
        <PasswordInput
          label={words.key}
          description={words.keyHelp}
          autoComplete="current-password"
          autoFocus
          key={form.key('key')}
          {...form.getInputProps('key')}
        />
        <Button type="submit" loading={isBusy}>
          {words.submit}
        </Button>
        <Text size="xs" c="dimmed">
          {words.keyForgotten}{' '}
          <Anchor href="/docs/operations" size="xs" underline="always">
            {strings.shell.docs}
          </Anchor>
        </Text>
      </Stack>
    </form>
  )
}
