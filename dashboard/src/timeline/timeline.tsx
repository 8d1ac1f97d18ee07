import { useElementSize } from '@mantine/hooks'
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { strings } from '../strings.ts'
import { useZone } from '../ui/zone.ts'
import type { Call } from './call.ts'
import { Card } from './card.tsx'
import { Drawing } from './drawing.tsx'
import { factsOf } from './facts.ts'
import { fitted, folded, unfolded, viewOf, type Fit } from './fit.ts'
import { AXIS_PX, boxesOf, EVENTS_PX, heightOf, rowOf, stopUnder } from './geometry.ts'
import { instantsIn } from './instants.ts'
import { layout, subjectOf } from './layout.ts'
import { Marks } from './marks.tsx'
import { entered, moveOf, ZOOM_STEP, type Move } from './moves.ts'
import { relatedTo } from './related.ts'
import { LANE_ROW, stopAt, stopsOf, type Place, type Stop } from './stops.ts'
import { brought, panned, WHOLE, xOf, zoomed, type View } from './scale.ts'
import classes from './timeline.module.css'

const words = strings.call
/** So far (px) a pointer goes before it drags. */
const DRAG_PX = 4

/**
 * The picture of a call. One tab stop; keys, a drag and ctrl with the wheel look nearer and along.
 * @param nowMs when the call was read
 * @param label what the picture shows, for those who do not see it
 */
export function Timeline({
  call,
  nowMs,
  label,
  onOpen,
}: {
  call: Pick<Call, 'events'>
  nowMs: number
  label: string
  onOpen: (deliveryId: string) => void
}) {
  const { ref, width } = useElementSize()
  const [zone] = useZone()
  const [view, setView] = useState<View>(WHOLE)
  // Where they are found again: what is read anew may have moved, and is the same all the same.
  const [stoodAt, setStoodAt] = useState<Place | null>(null)
  const [pointedAt, setPointedAt] = useState<Place | null>(null)
  const [hasFocus, setFocus] = useState(false)
  // By a mouse one stands nowhere once it is gone.
  const [isByMouse, setByMouse] = useState(false)
  const [isInside, setInside] = useState(false)
  const [lastFit, setLastFit] = useState<Fit | null>(null)
  const drag = useRef<{ x: number; isMoved: boolean } | null>(null)
  const surface = useRef<HTMLDivElement>(null)
  const widthPx = Math.max(1, Math.floor(width))
  const { events } = call
  const subject = useMemo(() => subjectOf({ events }, nowMs), [events, nowMs])
  const isRead = isInside || hasFocus || view.kind === 'part'
  const fit = fitted(lastFit, subject, widthPx, isRead)
  // Kept for the next read, as React has it for what depends on what was there before.
  if (fit !== lastFit) setLastFit(fit)
  const { span } = fit
  const seen = view.kind === 'whole' ? fit.whole : view
  const { opened } = fit
  const picture = useMemo(
    () => layout(subject, seen, widthPx, span, opened),
    [subject, seen, widthPx, span, opened],
  )
  const stops = useMemo(() => stopsOf(picture), [picture])
  const boxes = useMemo(() => boxesOf(picture.lanes), [picture.lanes])
  const found = (place: Place | null): Stop | null => (place === null ? null : stopAt(place, picture, stops))
  const at = found(stoodAt)
  const pointed = found(pointedAt)

  useEffect(() => {
    const element = surface.current
    if (element === null) return undefined
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      const x = event.clientX - element.getBoundingClientRect().left
      setView(zoomed(span, seen, widthPx, Math.exp(-event.deltaY / 300), x))
    }
    // React's own listener is passive, and could not keep the page from being zoomed.
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [span, seen, widthPx])

  const zoom = (factor: number): void => {
    const x = at === null ? widthPx / 2 : Math.min(widthPx, Math.max(0, xOf(picture.scale, at.fromMs)))
    setView(zoomed(span, seen, widthPx, factor, x))
  }
  const whole = (): void => {
    setView(WHOLE)
    setLastFit(null)
  }
  const move = (made: Move): void => {
    switch (made.kind) {
      case 'stand':
        setStoodAt(made.stop)
        setView((before) => brought(span, before, widthPx, made.stop.fromMs))
        break
      case 'zoom':
        zoom(made.factor)
        break
      case 'whole':
        whole()
        break
      case 'open':
        onOpen(made.deliveryId)
        break
      case 'fold': {
        const after = (made.isOpen ? unfolded : folded)(fit, made.fold)
        setLastFit(after)
        setView(viewOf(after, view, made.fold, made.isOpen))
        break
      }
    }
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const made = moveOf(event.key, at, stops)
    if (made === null) return
    event.preventDefault()
    setPointedAt(null)
    setByMouse(false)
    move(made)
  }
  const under = (event: PointerEvent): Stop | null => {
    const box = event.currentTarget.getBoundingClientRect()
    return stopUnder(picture, stops, boxes, event.clientX - box.left, event.clientY - box.top)
  }
  const onPointerMove = (event: PointerEvent): void => {
    const from = drag.current
    if (from === null) {
      setPointedAt(under(event))
      return
    }
    const byPx = from.x - event.clientX
    if (!from.isMoved && Math.abs(byPx) < DRAG_PX) return
    drag.current = { x: event.clientX, isMoved: true }
    setView((before) => panned(span, before, widthPx, byPx))
  }
  const onPointerUp = (event: PointerEvent): void => {
    const wasDragged = drag.current?.isMoved === true
    drag.current = null
    const stop = wasDragged ? null : under(event)
    if (stop === null) return
    setStoodAt(stop)
    const made = entered(stop)
    if (made !== null) move(made)
  }

  const shown = pointed ?? (hasFocus && !isByMouse ? at : null)
  const instants = useMemo(() => instantsIn(zone), [zone])
  const facts = shown === null ? null : factsOf(shown, { events, nowMs, instants })
  const related = useMemo(() => (shown === null ? [] : relatedTo(shown, picture)), [shown, picture])
  return (
    <div className={classes['timeline']}>
      <div className={classes['gutter']}>
        <div className={classes['corner']} style={{ height: AXIS_PX }} />
        <div className={classes['name']} style={{ height: EVENTS_PX }}>
          {words.events}
        </div>
        {picture.lanes.map(({ lane }, index) => (
          <div key={lane.webhookId} className={classes['name']} style={{ height: boxes[index]?.height }}>
            {lane.name ?? words.deletedWebhook}
          </div>
        ))}
      </div>
      <div className={classes['wide']} ref={ref}>
        <div
          ref={surface}
          className={classes['surface']}
          data-leads={pointed !== null && entered(pointed) !== null}
          style={{ height: heightOf(boxes) }}
          role="application"
          aria-roledescription={words.pictureRole}
          aria-label={`${label} ${words.keys}`}
          tabIndex={0}
          onKeyDown={onKeyDown}
          onFocus={() => setFocus(true)}
          onBlur={() => setFocus(false)}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId)
            setByMouse(event.pointerType === 'mouse')
            drag.current = { x: event.clientX, isMoved: false }
          }}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
          onPointerCancel={() => (drag.current = null)}
          onPointerEnter={() => setInside(true)}
          onPointerLeave={() => {
            setPointedAt(null)
            setInside(false)
          }}
        >
          {width > 0 && <Drawing picture={picture} boxes={boxes} />}
          {shown !== null && <Marks stop={shown} related={related} boxes={boxes} widthPx={widthPx} />}
          {shown !== null && facts !== null && (
            <Card
              facts={facts}
              x={shown.x}
              row={rowOf(shown, boxes)}
              // Below the events stand the bars that are marked.
              isAbove={shown.row < LANE_ROW}
              widthPx={widthPx}
            />
          )}
        </div>
        <div role="status" className={classes['spoken']}>
          {hasFocus && shown === at && facts !== null
            ? [facts.title, ...facts.lines.map(({ text }) => text)].join('. ')
            : ''}
        </div>
        <div className={classes['zoom']}>
          <button type="button" onClick={() => zoom(ZOOM_STEP)} aria-label={words.zoomIn}>
            +
          </button>
          <button type="button" onClick={() => zoom(1 / ZOOM_STEP)} aria-label={words.zoomOut}>
            −
          </button>
          <button type="button" onClick={whole}>
            {words.zoomWhole}
          </button>
          <Legend />
        </div>
      </div>
    </div>
  )
}

function Legend() {
  return (
    <ul className={classes['legend']} aria-label={words.legend}>
      {(['ok', 'failed', 'none', 'under_way', 'held', 'backoff', 'turn'] as const).map((look) => (
        <li key={look}>
          <i className={`${classes['swatch']} ${classes[`swatch_${look}`]}`} />
          {words.looks[look]}
        </li>
      ))}
    </ul>
  )
}
