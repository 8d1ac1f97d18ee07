import { useParams } from '@tanstack/react-router'
import { strings } from '../../strings.ts'
import { PageHeader } from '../../ui/page-header.tsx'
import { DeliveryDetail } from './delivery-detail.tsx'

export function DeliveryPage() {
  const { deliveryId } = useParams({ from: '/signed-in/deliveries/$deliveryId' })
  return (
    <>
      <PageHeader title={strings.deliveryDetail.title} />
      <DeliveryDetail deliveryId={deliveryId} />
    </>
  )
}
