/**
 * Where in a shard's log a time is. Numbers (`seq`) and ULIDs of events both rise with their arrival, so a bound on time
 * is a bound on numbers, found by binary search.
 */
import type { Days } from './days.ts'

/** Above the number of any event. */
export const AFTER_ALL = Number.MAX_SAFE_INTEGER

/** The lowest number of an event whose ULID is not less than this one, or than this beginning of one. */
export function firstSeqFrom(sql: SqlStorage, days: Days, ulid: string): number {
  let answer = AFTER_ALL
  for (const { day } of days.newestFirst) {
    const first = eventFrom(sql, day, 0)
    if (first === undefined) continue
    // Day 0 may have what has been carried there from a day that is about to go.
    if (first.ulid < ulid) return Math.min(answer, searched(sql, day, first.seq, ulid) ?? answer)
    answer = first.seq
  }
  return answer
}

/** @param before the number of an event of the day whose ULID is less than `ulid` */
function searched(sql: SqlStorage, day: number, before: number, ulid: string): number | undefined {
  let low = before
  let high = sql.exec<{ seq: number }>(`SELECT MAX(seq) AS seq FROM event_${day}`).one().seq + 1
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    const event = eventFrom(sql, day, middle)
    if (event === undefined || event.ulid >= ulid) high = middle
    else low = event.seq
  }
  return eventFrom(sql, day, high)?.seq
}

function eventFrom(sql: SqlStorage, day: number, seq: number): { seq: number; ulid: string } | undefined {
  return sql
    .exec<{ seq: number; ulid: string }>(
      `SELECT seq, facts ->> 'ulid' AS ulid FROM event_${day} WHERE seq >= ? ORDER BY seq LIMIT 1`,
      seq,
    )
    .toArray()[0]
}
