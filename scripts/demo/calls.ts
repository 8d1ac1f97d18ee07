/**
 * The calls that the demo plays. Each is a call as it was seen on live lines, with placeholders for numbers and
 * names: the bodies of hangups are the live ones, and events in mid-call are what their `call_flow` tells. Slips of
 * the core are left in: a key with a space at its end, variables that it did not fill in.
 */
import type { DemoCall } from './calls/call.ts'
import { clickToCallAnswered, clickToCallMissed } from './calls/click-to-call.ts'
import { dialerAnswered, outOfOrder } from './calls/dialer.ts'
import { inboundAnswered, inboundMissed } from './calls/inbound.ts'

/** The call whose timeline is read back: it has retries, held deliveries and a disposition. */
export const READ_BACK = dialerAnswered

export const CALLS: readonly DemoCall[] = [
  inboundAnswered,
  inboundMissed,
  clickToCallAnswered,
  clickToCallMissed,
  dialerAnswered,
  outOfOrder,
]
