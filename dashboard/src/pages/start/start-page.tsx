import { Skeleton, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { mayChange } from '../../api/session.ts'
import { arrivalsQuery, firstWebhookQuery } from '../../api/start.ts'
import { useAccount, useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Arrivals } from './arrivals.tsx'
import { MakeWebhook } from './make-webhook.tsx'
import { Next } from './next.tsx'
import { PlayCall, SendTests } from './play.tsx'
import { outcomeOf } from './outcome.ts'
import classes from './start-page.module.css'
import { Step } from './step.tsx'

const words = strings.start

/** The way to the first webhook. How far one has come is in the URL, so that it is there after a reload. */
export function StartPage() {
  const session = useSession()
  return (
    <>
      <PageHeader title={words.title} />
      {mayChange(session) ? <Steps /> : <EmptyPanel title={words.readOnly} why={words.readOnlyWhy} />}
    </>
  )
}

function Steps() {
  const { webhook: id, call } = useSearch({ from: '/signed-in/start' })
  const session = useSession()
  const account = useAccount()
  const navigate = useNavigate({ from: '/start' })
  const webhook = useQuery({ ...firstWebhookQuery(id ?? ''), enabled: id !== undefined })
  const log = useQuery({ ...arrivalsQuery(account, id ?? ''), enabled: webhook.data !== undefined })
  const isAdmin = session.scope === 'admin'
  const arrivals = (log.data?.data ?? [])
    .filter(({ call_id }) => call === undefined || call_id === call)
    .toReversed()
  const outcome = outcomeOf(arrivals, call, log.dataUpdatedAt)
  const [isJustMade, setIsJustMade] = useState(false)
  return (
    <div className={classes['page']}>
      <p className={classes['lead']}>{words.lead}</p>
      <ol className={classes['steps']}>
        <Step number={1} title={words.steps.webhook} state={webhook.data === undefined ? 'open' : 'done'}>
          {id === undefined ? (
            <MakeWebhook
              account={account}
              onMade={(made) => {
                setIsJustMade(true)
                void navigate({ search: { webhook: made }, replace: true })
              }}
            />
          ) : webhook.error !== null ? (
            <ErrorPanel
              error={webhook.error}
              title={words.webhook.gone}
              retry={() => void navigate({ search: {} })}
            />
          ) : webhook.data === undefined ? (
            <Skeleton height={22} role="status" aria-label={strings.common.loading} />
          ) : (
            <div>
              <strong>{webhook.data.name}</strong> {words.webhook.sendsTo}{' '}
              <span className={classes['url']}>{webhook.data.url}</span>
            </div>
          )}
        </Step>
        <Step
          number={2}
          title={isAdmin ? words.steps.call : words.steps.tests}
          state={webhook.data === undefined ? 'later' : arrivals.length > 0 ? 'done' : 'open'}
        >
          {webhook.data === undefined ? (
            <Text c="dimmed">{words.call.after}</Text>
          ) : isAdmin ? (
            <PlayCall
              account={account}
              isAgain={call !== undefined}
              isNext={isJustMade}
              onPlaying={(played) => void navigate({ search: { webhook: id, call: played }, replace: true })}
            />
          ) : (
            <SendTests webhook={webhook.data} isAgain={arrivals.length > 0} isNext={isJustMade} />
          )}
        </Step>
        {webhook.data !== undefined && (
          <Step
            number={3}
            title={words.steps.arrivals}
            state={outcome === 'arrived' ? 'done' : outcome === 'idle' ? 'later' : 'open'}
          >
            {log.error !== null && <ErrorPanel error={log.error} retry={() => void log.refetch()} />}
            <Arrivals arrivals={arrivals} outcome={outcome} />
          </Step>
        )}
      </ol>
      {id !== undefined && arrivals.length > 0 && (
        <Next account={isAdmin ? account : undefined} webhookId={id} callId={call} isCore={isAdmin} />
      )}
    </div>
  )
}
