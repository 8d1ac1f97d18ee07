import { Button } from '@mantine/core'
import { isEnded, useRetryOfDelivery, type Delivery } from '../../api/deliveries.ts'
import { mayChange } from '../../api/session.ts'
import { useAccount, useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { useState } from 'react'

const words = strings.deliveryDetail

/** One more attempt, if there may be one. Of one that has arrived it is asked first: the receiver gets it twice. */
export function RetryDelivery({ delivery: { id, status, test } }: { delivery: Delivery }) {
  const session = useSession()
  const { mutate, isPending, error } = useRetryOfDelivery(useAccount())
  const [isAsking, setIsAsking] = useState(false)
  if (!mayChange(session) || test || !isEnded(status)) return null
  const retry = (): void => mutate(id, { onSettled: () => setIsAsking(false) })
  return (
    <div>
      <Button
        size="xs"
        variant={status === 'succeeded' ? 'default' : 'filled'}
        loading={isPending}
        onClick={() => (status === 'succeeded' ? setIsAsking(true) : retry())}
      >
        {words.retry}
      </Button>
      {error !== null && <ErrorPanel error={error} />}
      {isAsking && (
        <Confirm
          title={words.confirmRetry}
          action={words.retry}
          isBusy={isPending}
          onConfirm={retry}
          onClose={() => setIsAsking(false)}
        >
          {words.confirmRetryWhy}
        </Confirm>
      )}
    </div>
  )
}
