import { Skeleton, Stack } from '@mantine/core'
import { strings } from '../strings.ts'

export function LoadingList() {
  return (
    <Stack gap="xs" role="status" aria-label={strings.common.loading}>
      {[1, 2, 3, 4, 5].map((row) => (
        <Skeleton key={row} height={36} />
      ))}
    </Stack>
  )
}
