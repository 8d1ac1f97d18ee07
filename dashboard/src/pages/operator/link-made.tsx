import { Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { PortalLink } from '../../api/sessions.ts'
import { strings } from '../../strings.ts'
import { ShownOnce } from '../../ui/shown-once.tsx'
import { leftText, overAtMs } from './countdown.ts'

const words = strings.operator.links
const TICK_MS = 1000

/** A link that was made, for as long as it opens something. */
export function LinkMade({ link, onClose }: { link: PortalLink; onClose: () => void }) {
  const [overMs] = useState(() => overAtMs(link.expires_at, Date.now()))
  const [nowMs, setNowMs] = useState(() => Date.now())
  const left = leftText(overMs, nowMs)
  const isOver = left === null
  useEffect(() => {
    if (isOver) return
    const timer = setInterval(() => setNowMs(Date.now()), TICK_MS)
    return () => clearInterval(timer)
  }, [isOver])
  return (
    <ShownOnce
      title={words.madeTitle}
      secret={link.url}
      label={words.url}
      what={words.theLink}
      warning={words.once}
      done={strings.operator.done}
      onClose={onClose}
    >
      {isOver ? (
        <Text role="alert" c="var(--bad)">
          {words.over}
        </Text>
      ) : (
        <Text role="timer">{words.left(left)}</Text>
      )}
    </ShownOnce>
  )
}
