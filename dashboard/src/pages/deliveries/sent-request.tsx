import { Group, Stack, Text, Title } from '@mantine/core'
import type { SentRequest } from '../../api/deliveries.ts'
import { strings } from '../../strings.ts'
import { BodyText } from '../../ui/body-text.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { curlOf } from './curl.ts'
import classes from './delivery-detail.module.css'

const words = strings.deliveryDetail

/** The request of the last attempt, as it was sent. */
export function SentRequestView({ request }: { request: SentRequest | null }) {
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2}>{words.request}</Title>
        {request !== null && (
          <CopyButton text={curlOf(request)} what={words.theCurl} label={words.copyCurl} />
        )}
      </Group>
      {request === null ? (
        <Text c="dimmed">{words.noRequest}</Text>
      ) : (
        <>
          <code className={classes['line']}>
            <b>{request.method}</b> {request.url}
          </code>
          <table className={classes['headers']} aria-label={words.headers}>
            <tbody>
              {request.headers.map(({ key, value }) => (
                <tr key={`${key} ${value}`}>
                  <th scope="row">{key}</th>
                  <td>{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {request.body !== null && (
            <BodyText
              text={request.body}
              contentType={request.headers.find(({ key }) => key.toLowerCase() === 'content-type')?.value}
              what={words.theBody}
            />
          )}
          <Text size="sm" c="dimmed">
            {words.masked}
          </Text>
        </>
      )}
    </Stack>
  )
}
