import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useRotate, type Secrets, type WebhookDetail } from '../../api/webhook.ts'
import { strings } from '../../strings.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'

const words = strings.webhook.secret
const DAY = '86400'

/** A new secret, and for how long the old one signs beside it. */
export function RotateDialog({
  webhook: { id, account_id },
  onRotated,
  onClose,
}: {
  webhook: WebhookDetail
  onRotated: (secrets: Secrets) => void
  onClose: () => void
}) {
  const [grace, setGrace] = useState(DAY)
  const rotating = useRotate(account_id, id)
  const rotate = () =>
    rotating.mutate(Number(grace), {
      onSuccess: (secrets) => {
        onRotated(secrets)
        onClose()
      },
    })
  return (
    <Dialog title={words.rotateTitle} onClose={onClose}>
      <Stack>
        <Text>{words.rotateWhy}</Text>
        <NativeSelect
          label={words.grace}
          value={grace}
          onChange={(event) => setGrace(event.currentTarget.value)}
          data={words.graces.map(([value, label]) => ({ value, label }))}
          data-autofocus
        />
        {rotating.error !== null && <ErrorPanel error={rotating.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {strings.common.cancel}
          </Button>
          <Button onClick={rotate} loading={rotating.isPending}>
            {words.rotateAction}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
