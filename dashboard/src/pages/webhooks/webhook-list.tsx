import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useRef, useState } from 'react'
import { volumesQuery } from '../../api/webhooks-stats.ts'
import type { Webhook } from '../../api/webhooks.ts'
import { useAccount } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { Notice } from '../../ui/notice.tsx'
import { BulkDialog } from './bulk-dialog.tsx'
import type { BulkAction } from './bulk.ts'
import { ChangeDialog } from './change-dialog.tsx'
import type { Order } from './search.ts'
import { sorted } from './sorted.ts'
import { Toolbar } from './toolbar.tsx'
import { useRowActions } from './use-row-actions.ts'
import { WebhooksTable } from './webhooks-table.tsx'

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
  const place = useRef<HTMLElement>(null)
  const [notice, setNotice] = useState<string | null>(null)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [bulk, setBulk] = useState<BulkAction | null>(null)
  const onDone = useCallback((text: string, isGone: boolean) => {
    setNotice(text)
    // The menu that it was asked for in is gone with its row.
    if (isGone) place.current?.focus()
  }, [])
  const actions = useRowActions(account, onDone)
  // In the order of the API, so that another order of the page asks for nothing.
  const volumes = useQuery(
    volumesQuery(
      account,
      webhooks.map(({ id }) => id),
    ),
  )
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
    <section ref={place} tabIndex={-1} aria-label={strings.webhooks.title}>
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
            setBulk(null)
            setSelected(new Set())
            setNotice(text)
          }}
          onClose={() => setBulk(null)}
        />
      )}
      <Notice text={notice} onGone={() => setNotice(null)} />
    </section>
  )
}
