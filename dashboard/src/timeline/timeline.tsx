import { useElementSize } from '@mantine/hooks'
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { strings } from '../strings.ts'
import { timeText, useZone } from '../ui/zone.ts'
import type { Call } from './call.ts'
import { Drawing, Ring } from './drawing.tsx'
import { factsOf } from './facts.ts'
import { fitted, type Fit } from './fit.ts'
import { AXIS_PX, boxesOf, EVENTS_PX, heightOf, stopUnder } from './geometry.ts'
import { layout, subjectOf } from './layout.ts'
import { moveOf, stopsOf, ZOOM_STEP, type Move, type Stop } from './moves.ts'
import { brought, panned, WHOLE, xOf, zoomed, type View } from './scale.ts'
import classes from './timeline.module.css'

const words = strings.call
/** So far (px) a pointer goes before it drags. */
const DRAG_PX = 4
const CARD_PX = 340

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
  const [stood, setStood] = useState<Stop | null>(null)
  const [pointed, setPointed] = useState<Stop | null>(null)
  const [hasFocus, setFocus] = useState(false)
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
  const picture = useMemo(() => layout(subject, seen, widthPx, span), [subject, seen, widthPx, span])
  const stops = useMemo(() => stopsOf(picture), [picture])
  const boxes = useMemo(() => boxesOf(picture.lanes), [picture.lanes])
  // What is read anew may have moved: what one stands on is the same all the same.
  const at = stops.flat().find(({ id }) => id === stood?.id) ?? null

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
        setStood(made.stop)
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
    }
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const made = moveOf(event.key, at, stops)
    if (made === null) return
    event.preventDefault()
    setPointed(null)
    move(made)
  }
  const under = (event: PointerEvent): Stop | null => {
    const box = event.currentTarget.getBoundingClientRect()
    return stopUnder(picture, stops, boxes, event.clientX - box.left, event.clientY - box.top)
  }
  const onPointerMove = (event: PointerEvent): void => {
    const from = drag.current
    if (from === null) {
      setPointed(under(event))
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
    setStood(stop)
    if (stop.deliveryId !== null) onOpen(stop.deliveryId)
  }

  const shown = pointed ?? (hasFocus ? at : null)
  const facts = shown === null ? null : factsOf(shown, call, nowMs, (time) => timeText(time, zone))
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
            drag.current = { x: event.clientX, isMoved: false }
          }}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
          onPointerCancel={() => (drag.current = null)}
          onPointerEnter={() => setInside(true)}
          onPointerLeave={() => {
            setPointed(null)
            setInside(false)
          }}
        >
          {width > 0 && <Drawing picture={picture} boxes={boxes} />}
          {shown !== null && (
            <Ring
              picture={picture}
              box={boxes[shown.lane - 1] ?? null}
              fromMs={shown.fromMs}
              untilMs={shown.untilMs}
            />
          )}
          {shown !== null && facts !== null && (
            <div
              className={classes['card']}
              style={{
                left: Math.max(0, Math.min(xOf(picture.scale, shown.fromMs), widthPx - CARD_PX)),
                top: (boxes[shown.lane - 1]?.top ?? AXIS_PX) + (boxes[shown.lane - 1]?.height ?? EVENTS_PX),
              }}
            >
              <strong>{facts.title}</strong>
              {facts.lines.map((line) => (
                <div key={line}>{line}</div>
              ))}
            </div>
          )}
        </div>
        <div role="status" className={classes['spoken']}>
          {hasFocus && at !== null && facts !== null ? [facts.title, ...facts.lines].join('. ') : ''}
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
