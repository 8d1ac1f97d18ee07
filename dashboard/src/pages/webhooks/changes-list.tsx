import { Stack, Text } from '@mantine/core'
import type { Webhook } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import { changesOf } from './changes.ts'
import classes from './changes-list.module.css'

const words = strings.webhooks

/** What somebody else has changed of a webhook since it was shown. */
export function ChangesList({ before, after }: { before: Webhook; after: Webhook }) {
  const changes = changesOf(before, after)
  return (
    <Stack gap="xs">
      <Text>{changes.length === 0 ? words.changedUnseen : words.changedWhy}</Text>
      {changes.length > 0 && (
        <dl className={classes['changes']}>
          {changes.map(({ field, before: from, after: to }) => (
            <div key={field}>
              <dt>{words.fields[field] ?? field}</dt>
              <dd>
                <del>{from === '' ? words.nothing : from}</del>
                <span aria-hidden="true"> → </span>
                <ins>{to === '' ? words.nothing : to}</ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Stack>
  )
}
