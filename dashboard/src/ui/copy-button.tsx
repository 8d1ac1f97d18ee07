import { Button } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { strings } from '../strings.ts'

/**
 * @param what for those who do not see what stands beside it, as `the URL`
 * @param label if it is more than to copy
 */
export function CopyButton({ text, what, label: words }: { text: string; what: string; label?: string }) {
  const clipboard = useClipboard()
  const { copy, copied, copyFailed } = strings.common
  const label = clipboard.error !== null ? copyFailed : clipboard.copied ? copied : (words ?? copy)
  return (
    <Button
      size="compact-xs"
      variant="default"
      aria-label={`${label}: ${what}`}
      onClick={() => clipboard.copy(text)}
    >
      {label}
    </Button>
  )
}
