import { Button, Checkbox, Group, NativeSelect, Text } from '@mantine/core'
import { strings } from '../../strings.ts'
import { oneOf } from '../../search.ts'
import type { BulkAction } from './bulk.ts'
import { ORDERS, type Order } from './search.ts'
import classes from './toolbar.module.css'

const words = strings.webhooks

/** Of a button. */
export function bulkIdOf(action: BulkAction): string {
  return `bulk-${action}`
}

/** What can be done with those that are selected, and the order of the page. It stands there always, so that nothing moves. */
export function Toolbar({
  selected,
  shown,
  canChange,
  sort,
  isWhole,
  onSelectAll,
  onBulk,
  onSort,
}: {
  selected: number
  shown: number
  canChange: boolean
  sort: Order | undefined
  /** The page that is shown is all that there is. */
  isWhole: boolean
  onSelectAll: (all: boolean) => void
  onBulk: (action: BulkAction) => void
  onSort: (order: Order | undefined) => void
}) {
  return (
    <div className={classes['toolbar']} role="toolbar" aria-label={words.toolbar}>
      {canChange && (
        <Group gap="sm">
          <Checkbox
            size="xs"
            label={selected === 0 ? words.selectAll : words.selected(selected)}
            checked={selected > 0 && selected === shown}
            indeterminate={selected > 0 && selected < shown}
            onChange={(event) => onSelectAll(event.currentTarget.checked)}
          />
          {selected > 0 && (
            <>
              <Button
                id={bulkIdOf('pause')}
                size="compact-sm"
                variant="default"
                onClick={() => onBulk('pause')}
              >
                {words.actions.pause}
              </Button>
              <Button
                id={bulkIdOf('enable')}
                size="compact-sm"
                variant="default"
                onClick={() => onBulk('enable')}
              >
                {words.actions.enable}
              </Button>
            </>
          )}
        </Group>
      )}
      <Group gap="xs" ml="auto">
        {sort !== undefined && !isWhole && (
          <Text size="xs" c="dimmed">
            {words.sortedHere}
          </Text>
        )}
        <NativeSelect
          size="xs"
          aria-label={words.sort}
          value={sort ?? ''}
          data={[
            { value: '', label: words.orders.newest },
            ...ORDERS.map((value) => ({ value, label: words.orders[value] })),
          ]}
          onChange={(event) => onSort(oneOf(ORDERS, event.currentTarget.value))}
        />
      </Group>
    </div>
  )
}
