import { Button, Group, Modal, Table, Text } from '@mantine/core'
import type { Trigger } from './types.ts'
import type { Webhook } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import type { WebhookFormState } from './use-webhook-form.ts'
import { valueLines } from './value-text.ts'
import { FIELDS } from './values.ts'
import { changedMeanwhile } from './versions.ts'
import classes from './meanwhile.module.css'

const words = strings.webhookForm.meanwhile

/** Somebody else was faster: what they changed, against what one was about to, and whose it shall be. */
export function Meanwhile({
  form,
  base,
  theirs,
  triggers,
}: {
  form: WebhookFormState
  base: Webhook
  theirs: Webhook
  triggers: readonly Trigger[]
}) {
  const { fields } = strings.webhookForm
  const differences = changedMeanwhile(base, theirs, form.patch)
  const mineAlone = FIELDS.filter(
    (field) => field in form.patch && !differences.some((each) => each.field === field),
  )
  return (
    <Modal
      opened
      size="xl"
      title={words.title}
      onClose={form.decideLater}
      closeButtonProps={{ 'aria-label': strings.common.cancel }}
    >
      <Text mb="sm">{words.why}</Text>
      <Table className={classes['table'] ?? ''} layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.field}</Table.Th>
            <Table.Th>{words.before}</Table.Th>
            <Table.Th>{words.theirs}</Table.Th>
            <Table.Th>{words.mine}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {base.status !== theirs.status && (
            <Row
              field={words.status}
              before={[strings.status[base.status]]}
              theirs={[strings.status[theirs.status]]}
              mine={null}
            />
          )}
          {differences.map(({ field, before, theirs: other, mine, isContested }) => (
            <Row
              key={field}
              field={fields[field]}
              before={valueLines(field, before, triggers)}
              theirs={valueLines(field, other, triggers)}
              mine={field in form.patch ? valueLines(field, mine, triggers) : null}
              isContested={isContested}
            />
          ))}
        </Table.Tbody>
      </Table>
      {mineAlone.length > 0 && (
        <Text size="sm" mt="sm">
          {words.mineAlone(mineAlone.map((field) => fields[field]).join(', '))}
        </Text>
      )}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={form.take}>
          {words.take}
        </Button>
        <Button onClick={form.keep} data-autofocus>
          {words.keep}
        </Button>
      </Group>
      <Text size="xs" c="dimmed" ta="right" mt="xs">
        {words.take}: {words.takeWhy}.
      </Text>
    </Modal>
  )
}

function Row({
  field,
  before,
  theirs,
  mine,
  isContested = false,
}: {
  field: string
  before: string[]
  theirs: string[]
  mine: string[] | null
  isContested?: boolean
}) {
  return (
    <Table.Tr data-contested={isContested}>
      <Table.Th scope="row">
        {field}
        {isContested && <span className={classes['contested']}>▲ {words.contested}</span>}
      </Table.Th>
      <Table.Td data-label={words.before}>
        <Lines lines={before} />
      </Table.Td>
      <Table.Td data-label={words.theirs}>
        <Lines lines={theirs} others={before} />
      </Table.Td>
      <Table.Td data-label={words.mine}>
        {mine === null ? (
          <Text size="sm" c="dimmed">
            {words.untouched}
          </Text>
        ) : (
          <Lines lines={mine} others={before} />
        )}
      </Table.Td>
    </Table.Tr>
  )
}

/** @param others what stood there before: what is new is set off from it */
function Lines({ lines, others }: { lines: string[]; others?: string[] }) {
  return (
    <div>
      {lines.map((line) => (
        <div key={line}>{others !== undefined && !others.includes(line) ? <mark>{line}</mark> : line}</div>
      ))}
    </div>
  )
}
