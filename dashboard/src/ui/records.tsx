import { Table } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './records.module.css'

export interface Column<T> {
  title: string
  /** One element, so that a card can set it beside its title. */
  cell: (row: T) => ReactNode
  /** `short`: never broken. `actions`: buttons, at the end. */
  kind?: 'short' | 'actions' | 'mono'
}

/** A table, whose rows are cards on a phone. Its roles are named, since what is no table to CSS is none to a reader. */
export function Records<T>({
  label,
  columns,
  rows,
  idOf,
}: {
  label: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  idOf: (row: T) => string
}) {
  return (
    <Table
      role="table"
      aria-label={label}
      className={classes['table'] ?? ''}
      withRowBorders={false}
      highlightOnHover
      highlightOnHoverColor="var(--raised)"
    >
      <Table.Thead role="rowgroup">
        <Table.Tr role="row">
          {columns.map(({ title }) => (
            <Table.Th key={title} role="columnheader" scope="col">
              {title}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody role="rowgroup">
        {rows.map((row) => (
          <Table.Tr key={idOf(row)} role="row">
            {columns.map(({ title, cell, kind }) => (
              <Table.Td
                key={title}
                role="cell"
                data-label={title}
                className={kind === undefined ? '' : (classes[kind] ?? '')}
              >
                {cell(row)}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
