import { useLayoutEffect, useRef } from 'react'
import { cardTop } from './card-place.ts'
import type { Facts } from './told.ts'
import classes from './card.module.css'

const MOST_PX = 380

/** All facts of what one points at or stands on, beside it. */
export function Card({
  facts,
  x,
  row,
  isAbove,
  widthPx,
}: {
  facts: Facts
  x: number
  /** Of the picture: from where to where (px) nothing is to be covered. */
  row: { readonly top: number; readonly bottom: number }
  /** Whether above it is the better place. */
  isAbove: boolean
  widthPx: number
}) {
  const card = useRef<HTMLDivElement>(null)
  // How high it is, and what of the page is seen, is known once it is there.
  useLayoutEffect(() => {
    const element = card.current
    const picture = element?.parentElement
    if (element == null || picture == null) return
    const place = { row, heightPx: element.offsetHeight, isAbove }
    // The header of the page stays where it is, over all that is scrolled.
    const header = document.querySelector('header')?.getBoundingClientRect().bottom ?? 0
    const pictureTop = picture.getBoundingClientRect().top
    const seen = { pictureTop, fromPx: Math.max(0, header), untilPx: window.innerHeight }
    element.style.top = `${cardTop(place, seen)}px`
    element.style.left = `${Math.max(0, Math.min(x, widthPx - element.offsetWidth))}px`
  })
  return (
    <div
      ref={card}
      role="tooltip"
      className={classes['card']}
      style={{ maxWidth: Math.min(MOST_PX, widthPx) }}
    >
      <strong>{facts.title}</strong>
      {facts.lines.map(({ text, look }, index) => (
        <div key={`${index} ${text}`} className={classes[`line_${look}`]}>
          {text}
        </div>
      ))}
    </div>
  )
}
