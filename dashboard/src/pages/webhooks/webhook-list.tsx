import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { volumesQuery } from '../../api/webhooks-stats.ts'
import type { Webhook } from '../../api/webhooks.ts'
import { useAccount } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { useFocusBack } from '../../ui/focus-back.ts'
import { Notice } from '../../ui/notice.tsx'
import { BulkDialog } from './bulk-dialog.tsx'
import type { BulkAction } from './bulk.ts'
import { ChangeDialog } from './change-dialog.tsx'
import type { Order } from './search.ts'
import { sorted } from './sorted.ts'
import { bulkIdOf, Toolbar } from './toolbar.tsx'
import { useRowActions } from './use-row-actions.ts'
import { menuIdOf } from './webhook-actions.tsx'
import { WebhooksTable } from './webhooks-table.tsx'

const PLACE = 'webhooks'

/** A page of webhooks, and what can be done with one or with several. */
export function WebhookList({
  webhooks,
  isWhole,
  canChange,
  sort,
  onSort,
}: {
  webhooks: Webhook[]
  isWhole: boolean
  canChange: boolean
  sort: Order | undefined
  onSort: (order: Order | undefined) => void
}) {
  const account = useAccount()
  const [notice, setNotice] = useState<string | null>(null)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [bulk, setBulk] = useState<BulkAction | null>(null)
  const volumes = useQuery(
    volumesQuery(
      account,
      // In the order of the API: another order of the page asks for nothing.
      webhooks.map(({ id }) => id),
    ),
  )
  const { refetch } = volumes
  const onDone = useCallback(
    (text: string, isGone: boolean) => {
      setNotice(text)
      // What is held may be another.
      if (!isGone) void refetch()
    },
    [refetch],
  )
  const actions = useRowActions(account, onDone)
  const askedId = actions.asked?.webhook.id
  useFocusBack(askedId === undefined ? null : menuIdOf(askedId), PLACE)
  useFocusBack(bulk === null ? null : bulkIdOf(bulk), PLACE)
  const shown = useMemo(() => sorted(webhooks, sort), [webhooks, sort])
  const chosen = shown.filter(({ id }) => selected.has(id))
  const onSelect = useCallback((id: string, isSelected: boolean) => {
    setSelected((ids) => {
      const next = new Set(ids)
      if (isSelected) next.add(id)
      else next.delete(id)
      return next
    })
  }, [])
  return (
    <section id={PLACE} tabIndex={-1} aria-label={strings.webhooks.title}>
      <Toolbar
        selected={chosen.length}
        shown={shown.length}
        canChange={canChange}
        sort={sort}
        isWhole={isWhole}
        onSelectAll={(all) => setSelected(new Set(all ? shown.map(({ id }) => id) : []))}
        onBulk={setBulk}
        onSort={onSort}
      />
      <WebhooksTable
        webhooks={shown}
        volumes={volumes.data ?? (volumes.isError ? null : undefined)}
        selected={selected}
        busy={actions.busy}
        sort={sort}
        canChange={canChange}
        onSort={onSort}
        onSelect={onSelect}
        onAction={actions.start}
      />
      <ChangeDialog account={account} actions={actions} />
      {bulk !== null && (
        <BulkDialog
          account={account}
          action={bulk}
          selected={chosen}
          onDone={(text) => {
            setSelected(new Set())
            setNotice(text)
          }}
          onClose={() => {
            setBulk(null)
            void refetch()
          }}
        />
      )}
      <Notice text={notice} onGone={() => setNotice(null)} />
    </section>
  )
}
