import { Anchor, Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { ApiProblem } from '../../api/problem.ts'
import { mayChange } from '../../api/session.ts'
import { webhookQuery, type WebhookDetail } from '../../api/webhook.ts'
import { useAccount, useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { ConfigurationPanel } from './configuration-panel.tsx'
import { DeliveriesPanel } from './deliveries-panel.tsx'
import { Standing } from './standing.tsx'
import { SecretPanel } from './secret-panel.tsx'
import { StatsPanel } from './stats-panel.tsx'
import { StatusActions } from './status-actions.tsx'
import { TestPanel } from './test-panel.tsx'
import classes from './webhook-page.module.css'

const words = strings.webhook

/** One webhook: how it stands, what it sends, how it goes, and its deliveries. */
export function WebhookPage() {
  const { webhookId } = useParams({ from: '/signed-in/webhooks/$webhookId' })
  const account = useAccount()
  const { data, error, refetch } = useQuery(webhookQuery(account, webhookId))
  // One that was deleted meanwhile is gone, whatever was read before.
  const isGone =
    (error instanceof ApiProblem && error.status === 404) ||
    (data !== undefined && data.account_id !== account)
  if (isGone) return <Gone />
  return (
    <>
      <Link to="/webhooks" className={classes['back']}>
        {words.back}
      </Link>
      {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
      {/* Anew for another webhook: nothing that was revealed or asked for goes on. */}
      {data !== undefined && <Shown key={data.id} webhook={data} />}
      {data === undefined && error === null && <Loading />}
    </>
  )
}

function Shown({ webhook }: { webhook: WebhookDetail }) {
  const canChange = mayChange(useSession())
  return (
    <>
      <PageHeader title={webhook.name}>{canChange && <StatusActions webhook={webhook} />}</PageHeader>
      <Standing webhook={webhook} />
      <nav className={classes['jumps']} aria-label={words.onThisPage}>
        <a href="#deliveries">{words.deliveries.title}</a>
        <a href="#configuration">{words.configuration.title}</a>
        {canChange && <a href="#secret">{words.secret.title}</a>}
        {canChange && <a href="#test">{words.test.title}</a>}
      </nav>
      <div className={classes['columns']}>
        <div className={classes['main']}>
          <StatsPanel webhook={webhook} />
          <DeliveriesPanel webhook={webhook} />
        </div>
        <aside className={classes['aside']}>
          <ConfigurationPanel webhook={webhook} />
          {canChange && <SecretPanel webhook={webhook} />}
          {canChange && <TestPanel webhook={webhook} />}
        </aside>
      </div>
    </>
  )
}

function Gone() {
  return (
    <>
      <PageHeader title={words.gone} />
      <EmptyPanel title={words.gone} why={words.goneWhy}>
        <Anchor component={Link} to="/webhooks" underline="always">
          {strings.errors.toWebhooks}
        </Anchor>
      </EmptyPanel>
    </>
  )
}

function Loading() {
  return (
    <Stack gap="md" role="status" aria-label={strings.common.loading} mt="sm">
      <Skeleton height={32} width="40%" />
      <Skeleton height={48} />
      <Skeleton height={220} />
      <Skeleton height={320} />
    </Stack>
  )
}
