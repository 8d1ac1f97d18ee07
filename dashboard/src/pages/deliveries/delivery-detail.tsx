import { useQuery } from '@tanstack/react-query'
import { deliveryDetailQuery } from '../../api/deliveries.ts'
import { useAccount } from '../../shell/account.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { LoadingList } from '../../ui/loading-list.tsx'
import { DeliveryBadge } from '../../ui/delivery-status.tsx'

export function DeliveryDetail({ deliveryId }: { deliveryId: string }) {
  const account = useAccount()
  const { data, error, refetch } = useQuery(deliveryDetailQuery(account, deliveryId))
  if (data === undefined)
    return error === null ? <LoadingList /> : <ErrorPanel error={error} retry={() => void refetch()} />
  return <DeliveryBadge status={data.status} />
}
