import { Text } from '@mantine/core'
import { strings } from '../strings.ts'
import { PathLink } from './path-link.tsx'

/** A webhook by its name, as a link; null if it is gone, undefined as long as it is not known. */
export function WebhookName({ id, name }: { id: string; name: string | null | undefined }) {
  if (name === null) {
    return (
      <Text span inherit c="dimmed" title={id}>
        {strings.deliveries.deletedWebhook}
      </Text>
    )
  }
  return <PathLink to={`/webhooks/${id}`}>{name ?? id}</PathLink>
}
