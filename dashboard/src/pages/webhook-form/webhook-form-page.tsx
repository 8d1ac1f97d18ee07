import { Button, Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useLocation, useParams, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { mayChange } from '../../api/session.ts'
import { triggersQuery } from '../../api/triggers.ts'
import { editedWebhookQuery } from '../../api/webhook-form.ts'
import { useAccount, useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { cloneOf, NEW, valuesOf } from './values.ts'
import { WebhookForm } from './webhook-form.tsx'

const words = strings.webhookForm

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The webhook that is edited was made just now. */
    isNew?: boolean
  }
}

/** A new webhook, or a copy of one. */
export function NewWebhookPage() {
  const account = useAccount()
  const { clone } = useSearch({ from: '/signed-in/webhooks/new' })
  const draftKey = `${account} new ${clone ?? ''}`
  const triggers = useQuery(triggersQuery)
  const original = useQuery({ ...editedWebhookQuery(account, clone ?? ''), enabled: clone !== undefined })
  const error = triggers.error ?? original.error
  const isThere = triggers.data !== undefined && (clone === undefined || original.data !== undefined)
  return (
    <MayChange title={words.add}>
      {error !== null && (
        <ErrorPanel error={error} retry={() => void Promise.all([triggers.refetch(), original.refetch()])} />
      )}
      {error === null && !isThere && <Loading />}
      {isThere && (
        <WebhookForm
          key={draftKey}
          draftKey={draftKey}
          account={account}
          triggers={triggers.data.data}
          stored={null}
          initial={valuesOf(original.data === undefined ? NEW : cloneOf(original.data, words.cloneName))}
        />
      )}
    </MayChange>
  )
}

export function EditWebhookPage() {
  const account = useAccount()
  const { webhookId } = useParams({ from: '/signed-in/webhooks/$webhookId/edit' })
  const draftKey = `${account} ${webhookId}`
  const isNew = useLocation({ select: ({ state }) => state.isNew === true })
  const triggers = useQuery(triggersQuery)
  const webhook = useQuery(editedWebhookQuery(account, webhookId))
  const error = triggers.error ?? webhook.error
  return (
    <MayChange title={words.edit(webhook.data?.name ?? '…')}>
      {error !== null && (
        <ErrorPanel error={error} retry={() => void Promise.all([triggers.refetch(), webhook.refetch()])} />
      )}
      {error === null && (triggers.data === undefined || webhook.data === undefined) && <Loading />}
      {triggers.data !== undefined && webhook.data !== undefined && (
        <WebhookForm
          key={draftKey}
          draftKey={draftKey}
          account={account}
          triggers={triggers.data.data}
          stored={webhook.data}
          initial={valuesOf(webhook.data)}
          isNew={isNew}
        />
      )}
    </MayChange>
  )
}

function MayChange({ title, children }: { title: string; children: ReactNode }) {
  const session = useSession()
  return (
    <>
      <PageHeader title={title} />
      {mayChange(session) ? (
        children
      ) : (
        <EmptyPanel title={words.mayNot} why={words.mayNotWhy}>
          <Button variant="default" renderRoot={(props) => <Link to="/webhooks" {...props} />}>
            {words.back}
          </Button>
        </EmptyPanel>
      )}
    </>
  )
}

function Loading() {
  return (
    <Stack role="status" aria-label={strings.common.loading} maw={700}>
      {[120, 220, 260].map((height) => (
        <Skeleton key={height} height={height} />
      ))}
    </Stack>
  )
}
