import { useEffect, useState } from 'react'
import { isEmbedded } from '../place.ts'
import { placeIn, type SeenPart } from './seen-part.ts'

/** What puts a window of Mantine's there, and makes it no higher. */
interface Seen {
  /** Whether it is known where: a moment after it was asked for. */
  isKnown: boolean
  styles: { inner?: { top: number; bottom: 'auto'; height: number }; content?: { maxHeight: string } }
}

/** The part of the page that is in sight as something opens over it. On a page of its own that is all of it. */
export function useSeenPart(isOpen: boolean): Seen {
  const [part, setPart] = useState<SeenPart | null>(null)
  useEffect(() => {
    if (!isEmbedded || !isOpen) return undefined
    const stop = look(setPart)
    return () => {
      stop()
      setPart(null)
    }
  }, [isOpen])
  if (part === null) return { isKnown: !isEmbedded, styles: {} }
  const { topPx, heightPx } = part
  return {
    isKnown: true,
    styles: {
      inner: { top: topPx, bottom: 'auto', height: heightPx },
      content: { maxHeight: '100%' },
    },
  }
}

/**
 * Looks once. The browser tells a frame how much of it is in sight, even if the page around it is of another origin.
 * @returns stops looking
 */
function look(onSeen: (part: SeenPart) => void): () => void {
  const all = document.createElement('div')
  Object.assign(all.style, { position: 'fixed', inset: '0', visibility: 'hidden', pointerEvents: 'none' })
  document.body.appendChild(all)
  const observer = new IntersectionObserver(([entry]) => {
    stop()
    if (entry !== undefined) onSeen(placeIn(entry.intersectionRect, entry.boundingClientRect.height))
  })
  const stop = (): void => {
    observer.disconnect()
    all.remove()
  }
  observer.observe(all)
  return stop
}
