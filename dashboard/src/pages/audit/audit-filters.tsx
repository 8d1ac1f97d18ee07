import { Button, NativeSelect, Switch } from '@mantine/core'
import { AUDIT_ACTIONS, type AuditFilters } from '../../api/audit.ts'
import { oneOf } from '../../search.ts'
import { strings } from '../../strings.ts'
import { FilterFields } from '../../ui/filter-fields.tsx'
import { focusPage } from '../../ui/focus-page.ts'
import { TimeField } from '../../ui/time-field.tsx'
import { shortId, type Names } from './names.ts'
import classes from './audit-page.module.css'

const words = strings.audit.filters

export type AuditSearch = Omit<AuditFilters, 'cursor'> & { everywhere?: 'yes' | undefined }

export function AuditFilterBar({
  filters,
  names,
  mayChooseAll,
  onFilter,
}: {
  filters: AuditSearch
  names: Names
  mayChooseAll: boolean
  onFilter: (filters: AuditSearch) => void
}) {
  const { action, object_id, since, until, everywhere } = filters
  return (
    <FilterFields
      label={words.label}
      className={classes['filters']}
      values={{ action, since, until, everywhere }}
    >
      <NativeSelect
        label={words.action}
        value={action ?? ''}
        data={[
          { value: '', label: words.anyAction },
          ...AUDIT_ACTIONS.map((value) => ({ value, label: strings.audit.actions[value] })),
        ]}
        onChange={(event) =>
          onFilter({ ...filters, action: oneOf(AUDIT_ACTIONS, event.currentTarget.value) })
        }
      />
      <TimeField
        label={words.since}
        value={since}
        onChange={(value) => onFilter({ ...filters, since: value })}
      />
      <TimeField
        label={words.until}
        value={until}
        onChange={(value) => onFilter({ ...filters, until: value })}
      />
      {mayChooseAll && (
        <Switch
          className={classes['toggle'] ?? ''}
          label={words.everywhere}
          checked={everywhere === 'yes'}
          onChange={(event) =>
            onFilter({ ...filters, everywhere: event.currentTarget.checked ? 'yes' : undefined })
          }
        />
      )}
      {object_id !== undefined && (
        <Button
          variant="default"
          title={words.objectOff}
          rightSection={<span aria-hidden="true">×</span>}
          onClick={() => {
            onFilter({ ...filters, object_id: undefined })
            focusPage()
          }}
        >
          {words.object(names.get(object_id) ?? shortId(object_id))}
        </Button>
      )}
    </FilterFields>
  )
}
