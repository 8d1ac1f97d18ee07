/** Flags that several commands have. */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings'
import {
  ASKED_STATUSES,
  ATTEMPT_ERRORS,
  ENDED_STATUSES,
  type EndedStatus,
} from '../../src/contracts/deliveries.ts'
import { TRIGGER_SLUGS, type TriggerSlug } from '../../src/catalogue/triggers.ts'
import { webhookId } from './arguments.ts'
import { NO_TIME_GIVEN, timeGiven } from './time.ts'

export const since = new Option(
  '--since <time>',
  'events that came since: 1h, 30m, or an RFC 3339 time',
).argParser(time)
export const until = new Option('--until <time>', 'and before this time').argParser(time)
export const status = new Option('--status <status>', 'deliveries that stand so').choices(ASKED_STATUSES)
export const trigger = new Option('--trigger <slug>', 'events of this trigger').argParser(slug)
export const webhook = new Option('--webhook <id>', 'of this webhook').argParser(webhookId)
export const limit = new Option('--limit <n>', 'how many').default('50').argParser(pageLimit)
export const cursor = new Option('--cursor <cursor>', 'where the last answer said that there is more')

export const errorClass = new Option('--error <class>', 'whose last attempt ended so').choices(ATTEMPT_ERRORS)
export const statusCode = new Option('--status-code <code>', 'whose last attempt was answered so')
export const callId = new Option('--call <id>', 'of this call')

export const endedStatuses = new Option(
  '--status <list>',
  `those that ended so: ${ENDED_STATUSES.join(',')}`,
).argParser(ended)

function time(text: string): string {
  const read = timeGiven(text, Date.now())
  if (read === null) throw new InvalidArgumentError(NO_TIME_GIVEN)
  return read
}

function slug(text: string): TriggerSlug {
  const found = TRIGGER_SLUGS.find((each) => each === text)
  if (found === undefined) throw new InvalidArgumentError('GET /v1/triggers has all that there are.')
  return found
}

function pageLimit(text: string): string {
  if (!/^\d{1,3}$/.test(text) || Number(text) < 1 || Number(text) > 250) {
    throw new InvalidArgumentError('give a whole number from 1 to 250')
  }
  return text
}

function ended(text: string): EndedStatus[] {
  return text.split(',').map((each) => {
    const found = ENDED_STATUSES.find((known) => known === each)
    if (found === undefined) throw new InvalidArgumentError(`give some of ${ENDED_STATUSES.join(',')}`)
    return found
  })
}
