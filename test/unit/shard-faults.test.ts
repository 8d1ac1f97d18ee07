import { describe, expect, test } from 'vitest'
import type { WebhookRow } from '../../src/contracts/configuration.ts'
import type { AttemptResult } from '../../src/contracts/jobs.ts'
import type { Life } from './shard-life.ts'
import { MARKER, type Answer, type Attempt } from './shard-receivers.ts'
import { eventOf, hook } from './shard-samples.ts'
import { World, type Posted } from './shard-world.ts'

/* What the model of a shard has found, each by itself. */

const DAY_MS = 24 * 60 * 60 * 1000
const ID = hook(0).id

class Scene extends World {
  /** The attempts that went out, each as its event's number and its own. */
  readonly sent: string[] = []
  /** How a receiver answers an attempt, if it is not as `receivers` have it. */
  answersTo: (attempt: Attempt) => Answer | null = () => null

  constructor(attemptsBy: 'object' | 'invocation', webhooks: WebhookRow[]) {
    super(attemptsBy, webhooks, 1)
    this.disk.faults.marker = MARKER
  }

  override request(attempt: Attempt, life: Life | null): Promise<AttemptResult> {
    this.sent.push(`${attempt.seq}.${attempt.attempt}`)
    const answer = this.answersTo(attempt)
    if (answer !== null) this.answers(answer)
    return super.request(attempt, life)
  }

  async send(...calls: (number | string)[]): Promise<void> {
    const all = calls.map((call): Posted => {
      const id = `e${this.posted.length + 1}`
      const variables = JSON.stringify({ id: typeof call === 'string' ? MARKER : id })
      const posted = { event: eventOf(Number(call), id, { variables }), isAcknowledged: false }
      this.posted.push(posted)
      return posted
    })
    this.post(all)
    await this.pump()
  }

  answers(answer: Answer, latencyMs = 0): void {
    this.receivers.setAll({ answer, latencyMs, isSlow: false })
  }

  async becomes(status: WebhookRow['status']): Promise<void> {
    const isDisable = Number(status === 'disabled')
    const to = (row: WebhookRow) => ({ ...row, status, discards: row.discards + isDisable })
    this.configure(() => this.change(ID, to), false)
    await this.elapse(600)
  }

  async restart(): Promise<void> {
    await this.crash({ kept: true, told: false, staleMs: 0 })
    void this.shard
    await this.pump()
  }

  /** The attempts on record, by delivery: `4 lost` of one that nobody reported on. */
  attempts(): string[][] {
    return this.watch
      .rows()
      .map(({ attempts }) => attempts.map(([number, isLost]) => `${number}${isLost ? ' lost' : ''}`))
  }

  statuses(): string[] {
    return this.watch.rows().map(({ seq, status }) => `${seq} ${status}`)
  }
}

function scene(
  name: string,
  happens: (scene: Scene) => Promise<void>,
  webhooks = [hook(0)],
  attemptsBy: 'object' | 'invocation' = 'object',
): void {
  test(name, async () => {
    const all = new Scene(attemptsBy, webhooks)
    try {
      all.configure(() => undefined, false)
      await all.pump()
      await happens(all)
    } finally {
      all.close()
    }
  })
}

describe('what fails takes nothing else along', () => {
  scene('an event that no row takes, of a group of others', async (all) => {
    await all.send(1, '2', 3)
    expect(all.posted.map((each) => each.isAcknowledged)).toEqual([true, false, true])
    expect(all.sent).toEqual(['1.1', '2.1'])
  })

  scene('the numbers that a call is found by, of a group that was made again', async (all) => {
    const of = (id: string, variables: object) => ({
      event: eventOf(1, id, { variables: JSON.stringify(variables) }),
      isAcknowledged: false,
    })
    all.post([of('known', { caller_id_number: '9000000003' })])
    await all.pump()
    // The first goes by itself, and those that come meanwhile are a group.
    const fresh = of('new', { agent_number: '+919000000004' })
    all.post([of('alone', {}), fresh, of('poison', { id: MARKER })])
    await all.pump()
    const day = Math.floor(all.nowMs / DAY_MS)
    const { rows } = all.disk.exec(`SELECT digits, seq FROM number_${day} ORDER BY digits`, [], true)
    expect(rows.map(({ digits, seq }) => [digits, seq])).toEqual([
      ['300000000919', 1],
      ['400000000919', 1],
    ])
  })

  scene('a write by the clock: it is made again', async (all) => {
    all.post([{ event: eventOf(1, 'late', { sequence: 2 }), isAcknowledged: false }])
    await all.pump()
    all.disk.faults.failIn = 1
    await all.elapse(5_000)
    expect(all.sent).toEqual(['1.1'])
  })

  scene('a backlog of which a portion could not be written', async (all) => {
    all.answers('fails')
    await all.send(1, 2)
    await all.becomes('paused')
    all.answers('ok')
    await all.elapse(2_000)
    all.configure(() => all.change(ID, (row) => ({ ...row, status: 'active' })), false)
    // The announcement, the configuration, and then the drain.
    all.disk.faults.failIn = 4
    await all.elapse(10_000)
    expect(all.statuses()).toEqual(['1 succeeded', '2 succeeded'])
  })

  scene('an answer that no row takes: the outcome stands without it', async (all) => {
    all.answers('toxic')
    await all.send(1)
    await all.elapse(3_000)
    expect(all.statuses()).toEqual(['1 succeeded'])
    expect(all.sent).toEqual(['1.1'])
  })

  scene('a storage that is full for a while', async (all) => {
    all.answers('ok', 300)
    await all.send(1)
    all.disk.faults.isFull = true
    await all.elapse(10_000)
    all.disk.faults.isFull = false
    await all.elapse(10_000)
    expect(all.statuses()).toEqual(['1 succeeded'])
    expect(all.sent).toEqual(['1.1'])
  })
})

describe('a disk whose syncs are slow', () => {
  scene('delivers', async (all) => {
    all.syncMs = 400
    all.answers('fails')
    await all.send(1)
    await all.elapse(2_000)
    all.answers('ok')
    await all.elapse(20_000)
    expect(all.statuses()).toEqual(['1 succeeded'])
  })
})

describe('after a restart', () => {
  scene('a change waits for what a former life may still begin', async (all) => {
    all.openMs = 100
    await all.send(1)
    await all.crash({ kept: true, told: true, staleMs: 1_000 })
    all.configure(() => all.change(ID, (row) => ({ ...row, status: 'paused' })), false)
    await all.elapse(1_000)
    expect(all.sent).toEqual(['1.1'])
  })

  scene('what is due is done, whenever the alarm goes off', async (all) => {
    all.answers('hangs')
    await all.send(1)
    await all.restart()
    all.answers('ok')
    await all.elapse(20_000)
    expect(all.sent).toEqual(['1.1', '1.2'])
  })

  scene('a delivery is not forgotten that was open behind one that rests', async (all) => {
    all.answers('busy')
    await all.send(1, 1)
    await all.becomes('paused')
    all.configure(() => all.change(ID, (row) => ({ ...row, ordering: 'none' })), false)
    await all.elapse(4_000)
    await all.send(1)
    await all.restart()
    all.answers('ok')
    await all.becomes('active')
    await all.elapse(20_000)
    expect(all.statuses()).toEqual(['1 succeeded', '2 succeeded', '3 succeeded'])
  })

  scene(
    'attempts that went out in no order are under way in order as well',
    async (all) => {
      all.answers('hangs')
      await all.send(1, 1)
      all.configure(() => all.change(ID, (row) => ({ ...row, ordering: 'per_call' })), false)
      await all.pump()
      await all.restart()
      await all.elapse(60_000)
      expect(new Set(all.sent).size).toBe(all.sent.length)
    },
    [hook(0, { ordering: 'none' })],
  )
})

describe('an attempt that nobody lives to report on is on record as lost', () => {
  scene('the last one, of a delivery that has failed by it', async (all) => {
    all.answersTo = ({ attempt }) => (attempt === 4 ? 'hangs' : 'fails')
    await all.send(1)
    await all.elapse(7_000)
    expect(all.sent.at(-1)).toBe('1.4')
    await all.restart()
    await all.elapse(20_000)
    expect(all.statuses()).toEqual(['1 failed'])
    expect(all.attempts()).toEqual([['1', '2', '3', '4 lost']])
  })

  scene('the first, and it is made again', async (all) => {
    all.answers('hangs')
    await all.send(1)
    await all.restart()
    all.answers('ok')
    await all.elapse(20_000)
    expect(all.attempts()).toEqual([['1 lost', '2']])
  })

  scene('of a delivery that is held by then', async (all) => {
    all.answers('hangs')
    await all.send(1)
    await all.restart()
    await all.becomes('paused')
    await all.elapse(20_000)
    expect([all.statuses(), all.attempts()]).toEqual([['1 held'], [['1 lost']]])
  })

  scene('of a delivery that a disable discards', async (all) => {
    all.answers('hangs')
    await all.send(1)
    await all.restart()
    await all.becomes('disabled')
    await all.elapse(20_000)
    expect([all.statuses(), all.attempts()]).toEqual([['1 discarded'], [['1 lost']]])
  })

  scene(
    'until its report comes after all',
    async (all) => {
      all.makers.delayMs = 100
      await all.send(1)
      all.makers.die()
      all.makers.delayMs = 0
      await all.elapse(20_000)
      expect(all.attempts()).toEqual([['1 lost', '2']])
      const result = { status_code: 500, error: 'status', response_body: '', version: 1 } as const
      const timing = { started_at: all.nowMs - 20_000, duration_ms: 9_000, retry_after_ms: null }
      const claim = {
        call_id: 'call-1',
        webhook_id: ID,
        seq: 1,
        token: 1,
        attempt: 1,
        via: 'inline',
      } as const
      const report = { ...claim, result: { ...result, ...timing } }
      for (let time = 0; time < 2; time += 1) {
        await Promise.all([
          all.shard.commit((engine, nowMs) => engine.report(report, 0, nowMs)),
          all.elapse(100),
        ])
        expect([all.statuses(), all.attempts()]).toEqual([['1 succeeded'], [['1', '2']]])
      }
    },
    [hook(0)],
    'invocation',
  )
})

describe('a report of a maker that comes again', () => {
  for (const answer of ['fails', 'ok'] as const) {
    scene(
      `says nothing new of what ${answer}: one attempt, in the log, for the health and for the pace`,
      async (all) => {
        all.makers.repeatsMs = 50
        all.answers(answer, 20)
        await all.send(1)
        await all.elapse(30_000)
        const made = answer === 'ok' ? ['1'] : ['1', '2', '3', '4']
        expect(all.attempts()).toEqual([made])
        expect(all.sent).toHaveLength(made.length)
        expect(all.shard.attemptsHeard).toBe(made.length)
        expect(all.shard.breakers.healthOf(ID).failures).toBe(answer === 'ok' ? 0 : 4)
      },
      [hook(0)],
      'invocation',
    )
  }
})

describe('a row that says that a delivery waits is no row of an attempt', () => {
  scene('that a webhook which is enabled at once begins', async (all) => {
    await all.becomes('paused')
    await all.send(1)
    // In one moment: enabled, begun, and answered late.
    all.answers('ok', 1_000)
    all.configure(() => all.change(ID, (row) => ({ ...row, status: 'active' })), false)
    await all.pump()
    await all.restart()
    await all.elapse(20_000)
    expect(new Set(all.sent).size).toBe(all.sent.length)
  })
})

describe('beyond their day', () => {
  scene('numbers go on once the last day has gone', async (all) => {
    await all.send(1, 2, 3)
    await all.becomes('disabled')
    await all.becomes('active')
    await all.elapse(3 * DAY_MS)
    await all.restart()
    await all.send(4)
    expect(all.sent.at(-1)).toBe('4.1')
  })

  scene('a delivery that has ended is not made again for its call that goes on', async (all) => {
    await all.send(1)
    await all.elapse(DAY_MS)
    await all.send(1)
    await all.elapse(DAY_MS)
    await all.restart()
    await all.elapse(20_000)
    await all.send(1)
    expect(all.sent).toEqual(['1.1', '2.1', '3.1'])
  })

  scene(
    'what is held is delivered, though its call went on with events that nobody asked for',
    async (all) => {
      await all.becomes('paused')
      await all.send(1)
      await all.elapse(DAY_MS)
      const other = eventOf(1, 'other', { trigger: 'call_hangup_missed_or_answered' })
      all.post([{ event: other, isAcknowledged: false }])
      await all.elapse(4 * DAY_MS)
      await all.restart()
      await all.becomes('active')
      expect(all.sent).toEqual(['1.1'])
    },
  )
})

describe('a tripped breaker', () => {
  scene('is closed by the first call whose delivery is taken', async (all) => {
    all.answers('fails')
    for (let call = 1; call <= 6; call += 1) await all.send(call, call)
    await all.elapse(15_000)
    expect(all.shard.breakers.isTripped(ID)).toBe(true)
    // The receiver is back, and never takes what call 1 sends.
    all.answersTo = ({ callId }) => (callId === 'call-1' ? 'fails' : 'ok')
    await all.send(7)
    await all.elapse(30_000)
    expect(all.shard.breakers.isTripped(ID)).toBe(false)
    expect(all.watch.rows().find(({ seq }) => seq === 13)?.status).toBe('succeeded')
  })
})

describe('a test that is under way', () => {
  const begin = async (all: Scene) => {
    const { shard } = all
    const event = { ...eventOf(9, 't', { variables: '{}' }), id: null, call_id: 'test-1' }
    const begun = shard.commit((_engine, nowMs) => shard.tests.begin(ID, 0, event, nowMs))
    await all.pump()
    return begun
  }

  scene(
    'is sent to nobody by the shard, and is over after its time though its maker is gone',
    async (all) => {
      // What the shard had to do before is done.
      await all.elapse(20_000)
      const beganMs = all.nowMs
      await begin(all)
      expect(all.statuses()).toEqual(['1 pending'])
      // It has itself woken for that.
      expect(all.shard.chores.owedMs(all.nowMs)).toBe(beganMs + all.settings.deliveryTimeoutMs + 5_000)
      await all.elapse(60_000)
      expect([all.statuses(), all.sent]).toEqual([['1 failed'], []])
    },
  )

  scene('is over after its time, too, if the shard has been started again since', async (all) => {
    await begin(all)
    await all.restart()
    expect(all.statuses()).toEqual(['1 pending'])
    await all.elapse(60_000)
    expect([all.statuses(), all.sent]).toEqual([['1 failed'], []])
  })

  scene('keeps up no call, and no call keeps it up', async (all) => {
    all.answers('fails')
    await all.send(1)
    const { delivery_id } = await begin(all)
    await all.send(2)
    const { shard } = all
    const attempt = {
      number: 1,
      started_at: all.nowMs,
      duration_ms: 1,
      via: 'test' as const,
      status_code: 410,
      error: 'status' as const,
      response_body: null,
      version: 1,
    }
    void shard.commit((_engine, nowMs) => shard.tests.end(delivery_id, attempt, nowMs))
    await all.pump()
    expect(all.statuses()).toContain('2 failed')
    expect(all.webhook(ID)?.status).toBe('active')
    expect(all.sent).toContain('3.1')
  })

  scene('and over is forgotten with its day', async (all) => {
    await begin(all)
    await all.elapse(60_000)
    await all.elapse(3 * DAY_MS)
    expect(all.statuses()).toEqual([])
  })
})
