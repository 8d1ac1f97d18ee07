/** The command line as it is used: processes beside a relay that runs. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Receiver } from './receiver.ts'
import { ADMIN_KEY, client, RelayProcess, stateDir, until } from './relay-process.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** As `npm run relay` has it: half of what a command takes is to compile it. */
const NODE_COMPILE_CACHE = '.wrangler/compiled'

interface Ran {
  code: number | null
  out: string
  err: string
}

interface Sown {
  accounts: { id: string; webhooks: { id: string; name: string }[] }[]
  call_id: string
  number: string
}

let state: Awaited<ReturnType<typeof stateDir>>
let relay: RelayProcess
let api: ReturnType<typeof client>
let seedText: Ran
let sown: Sown
let account: string
const ran: Ran[] = []

function command(words: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, ['scripts/cli/main.ts', ...words], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE, RELAY_URL: relay.url, RELAY_KEY: ADMIN_KEY, ...environment },
  })
}

async function ending(child: ChildProcess): Promise<Ran> {
  const result: Ran = { code: null, out: '', err: '' }
  child.stdout?.on('data', (chunk: Buffer) => (result.out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (result.err += chunk.toString()))
  const [code] = await once(child, 'close')
  result.code = typeof code === 'number' ? code : null
  ran.push(result)
  return result
}

/** Runs a command to its end. */
const run = async (...words: string[]): Promise<Ran> => ending(command(words))

/** The same about the account that was sown. */
const runFor = async (...words: string[]): Promise<Ran> => run(...words, '--account', account)

function webhook(name: string): string {
  const found = sown.accounts[0]?.webhooks.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no webhook ${name}`)
  return found.id
}

/** By `--json` a command prints an answer to the letter. What is still tried again may change between the two. */
async function printsTheAnswerTo(path: string, ...words: string[]): Promise<void> {
  await until(`${words.join(' ')} --json prints the answer to ${path}`, async () => {
    const { out } = await runFor(...words, '--json')
    return out === `${await textOf(path)}\n`
  })
}

async function textOf(path: string): Promise<string> {
  const response = await fetch(relay.url + path, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
  return response.text()
}

beforeAll(async () => {
  state = await stateDir()
  relay = await RelayProcess.start(state.path, { REORDER_WINDOW_SECONDS: '0.3' })
  api = client(relay.url, ADMIN_KEY)
  // Twice, since it may be done again.
  const [text, json] = await Promise.all([run('seed'), run('seed', '--json')])
  seedText = text
  sown = JSON.parse(json.out) as Sown // safe: what the test is about
  account = sown.accounts[0]?.id ?? ''
})
afterAll(async () => {
  await relay.stop()
  await state[Symbol.asyncDispose]()
})

test('seed says what it has made, and what to look at', () => {
  expect(seedText).toMatchObject({ code: 0, err: '' })
  expect(seedText.out).toMatch(/Sample: a busy one {2}acc_/)
  expect(seedText.out).toMatch(/npm run relay -- call [\d.]+ --account acc_/)
})

test('seed leaves webhooks of every status, and deliveries of every status', async () => {
  const { body } = await api<{ data: { name: string; status: string; status_reason: string | null }[] }>(
    'GET',
    `/v1/webhooks?account_id=${account}`,
  )
  const byName = Object.fromEntries(body.data.map(({ name, status }) => [name, status]))
  expect(byName).toMatchObject({
    crm: 'active',
    warehouse: 'paused',
    archive: 'disabled',
    'old erp': 'disabled',
  })
  // Of deliveries to a webhook whose receiver is gone the first fail, and those after it is disabled are discarded.
  for (const [name, ...statuses] of [
    ['crm', 'succeeded'],
    // A receiver that has failed for long enough is not tried by each delivery: they are held.
    ['billing', 'pending', 'held'],
    ['reports', 'expired'],
    ['old erp', 'failed'],
    ['warehouse', 'held'],
    ['archive', 'discarded'],
  ] as const) {
    const page = await api<{ data: { status: string }[] }>(
      'GET',
      `/v1/webhooks/${webhook(name)}/deliveries?limit=250`,
    )
    const found = page.body.data.filter(({ status }) => statuses.some((each) => each === status))
    expect(found.length, `deliveries of ${name} that are ${statuses.join(' or ')}`).toBeGreaterThan(0)
  }
})

test('accounts list has the id that other commands ask for', async () => {
  const { out } = await run('accounts', 'list')
  expect(out).toMatch(/^account +webhooks +name$/m)
  expect(out).toMatch(new RegExp(`^${account} +on +Sample: a busy one$`, 'm'))
})

test('webhooks list is a table, and with --json what the API answers, to the letter', async () => {
  expect((await runFor('webhooks', 'list')).out).toMatch(/^wh_\w+ +paused +healthy +warehouse$/m)
  await printsTheAnswerTo(`/v1/webhooks?account_id=${account}&limit=50`, 'webhooks', 'list')
})

test('webhooks are paused, enabled and disabled', async () => {
  const id = webhook('wallboard')
  for (const [change, status] of [
    ['pause', 'paused'],
    ['enable', 'active'],
    ['disable', 'disabled'],
  ] as const) {
    expect((await run('webhooks', change, id)).out).toContain(status)
    expect((await api<{ status: string }>('GET', `/v1/webhooks/${id}`)).body.status).toBe(status)
  }
})

test("call tells a call's events in order with their deliveries, and --json is the API's", async () => {
  const text = await runFor('call', sown.call_id)
  const places = text.out.match(/ {2}#\d/g)
  expect(places).toEqual(['  #1', '  #3', '  #2', '  #4'])
  expect(text.out).toContain('late: it came after')
  expect(text.out).toMatch(/billing +(pending|held)\n/)
  expect(text.out).toMatch(/attempt 1 {2}[\d:.]+ +\d+ ms {2}500/)
  expect(text.out).toContain('not for test bench: it was disabled')
  await printsTheAnswerTo(`/v1/call?account_id=${account}&call_id=${sown.call_id}`, 'call', sown.call_id)
})

test('call takes the id of a delivery as well', async () => {
  const page = await api<{ data: { id: string; call_id: string }[] }>(
    'GET',
    `/v1/webhooks/${webhook('reports')}/deliveries?limit=1`,
  )
  const [delivery] = page.body.data
  expect((await runFor('call', delivery?.id ?? '')).out).toContain(`call ${delivery?.call_id}\n`)
})

test('replay counts first, and then makes them again', async () => {
  const id = webhook('reports')
  const counted = await run('replay', id, '--since', '1h', '--dry-run', '--json')
  const answer = JSON.parse(counted.out) as { count: number } // safe: compared below
  expect(answer).toEqual({ id: null, count: 19, dry_run: true })
  expect((await run('replay', id, '--since', '1h', '--status', 'succeeded', '--dry-run')).out).toBe(
    '0 deliveries would be made again.\n',
  )
  expect((await run('replay', id, '--since', '1h')).out).toBe(
    '19 deliveries will be made again, in the order of each call.\n',
  )
  const page = await api<{ data: { id: string }[] }>(
    'GET',
    `/v1/webhooks/${webhook('crm')}/deliveries?limit=1`,
  )
  expect((await run('replay', page.body.data[0]?.id ?? '')).out).toContain('It will be made again')
})

test('replay over all webhooks counts those of each', async () => {
  const { code, out } = await runFor('replay', '--failed', '--since', '1h', '--dry-run')
  expect(code).toBe(0)
  expect(out).toMatch(/^\d+ deliver(y|ies) would be made again\.\n/)
  expect(out).toContain('  none of old erp: it is disabled')
})

test('deliveries lists what failed, and calls are found by their numbers', async () => {
  const [failed, found] = await Promise.all([
    runFor('deliveries', '--failed', '--since', '1h'),
    runFor('calls', 'find', sown.number),
  ])
  expect(failed.out).toMatch(/ failed +410 +old erp /)
  expect(failed.out).not.toMatch(/succeeded|pending/)
  const held = `/v1/deliveries?account_id=${account}&status=held&limit=50`
  await printsTheAnswerTo(held, 'deliveries', '--status', 'held')
  expect(found.out).toContain('1728556244.450')
})

test('what is not given as it has to be ends with 2, before anything is asked', async () => {
  const misuses = await Promise.all([
    run('webhooks', 'pause', '../accounts'),
    run('deliveries', '--since', 'yesterday'),
    run('deliveries', '--failed', '--status', 'held'),
    run('replay', webhook('crm')),
    run('nothing'),
    run('call'),
    run(`--key=${ADMIN_KEY}`, 'webhooks', 'list'),
    run('seed', '--url', 'http://192.0.2.1:8787'),
    run('webhooks', 'list', '--url', `http://${ADMIN_KEY}@127.0.0.1:1`),
    ending(command(['webhooks', 'list'], { RELAY_KEY: '' })),
  ])
  expect(misuses.map(({ code }) => code)).toEqual(misuses.map(() => 2))
  expect(misuses.map(({ out }) => out).join('')).toBe('')
  for (const { err } of misuses) expect(err).toMatch(/^error: /)
  expect(misuses[7]?.err).toContain('--yes')
  expect(misuses[9]?.err).toContain('set RELAY_KEY')
})

test('what the relay refuses ends with 1, and is told as code, detail and faults', async () => {
  const gone = await Receiver.start()
  const { url } = gone
  const noRelay = await run('webhooks', 'list', '--url', url)
  await gone.stop()
  expect(noRelay).toMatchObject({ code: 1, err: `what answers at ${url} is not the relay\n` })
  const [noAccount, noCall, noKey, nobody] = await Promise.all([
    run('webhooks', 'list'),
    runFor('call', 'no-such-call'),
    ending(command(['webhooks', 'list'], { RELAY_KEY: 'not-a-key-0123456789' })),
    run('webhooks', 'list', '--url', url),
  ])
  expect(noAccount).toMatchObject({ code: 1, out: '' })
  expect(noAccount.err).toBe(
    'invalid: At fault: account_id\n  account_id is required in the query with a key of every account: ' +
      'give --account acc_… (`accounts list` has the ids)\n',
  )
  expect(noCall).toMatchObject({ code: 1, err: 'not_found: There is no such call\n' })
  expect(noKey).toMatchObject({ code: 1, err: 'unauthorized: There is no such API key\n' })
  expect(nobody).toMatchObject({
    code: 1,
    err: `the relay at ${url} does not answer (ECONNREFUSED)\n`,
  })
})

test('npm runs it, and with -s says nothing itself', async () => {
  const child = spawn(
    'npm',
    ['run', '-s', 'relay', '--', 'webhooks', 'list', '--json', '--account', account],
    {
      cwd: ROOT,
      env: { ...process.env, RELAY_URL: relay.url, RELAY_KEY: ADMIN_KEY },
    },
  )
  const { code, out } = await ending(child)
  expect(code).toBe(0)
  expect(JSON.parse(out)).toHaveProperty('data')
})

test('tail shows each delivery once as it ends, outlives a restart of the relay, and ends by Ctrl-C', async () => {
  const receiver = await Receiver.start()
  const made = await api<{ id: string }>('POST', '/v1/accounts', { name: 'Tail' })
  const own = made.body.id
  await api('POST', `/v1/webhooks?account_id=${own}`, {
    name: 'crm',
    triggers: ['dtmf_option'],
    url: receiver.url,
  })
  const post = async (call: string): Promise<void> => {
    const event = {
      account_id: own,
      trigger: 'dtmf_option',
      call_id: call,
      call_type: 'inbound',
      variables: {},
    }
    expect((await api('POST', '/v1/events', event)).status).toBe(202)
  }
  const child = command(['tail', '--json', '--since', '1m', '--account', own])
  const ended = ending(child)
  const shown: string[] = []
  child.stdout?.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) {
      shown.push((JSON.parse(line) as { call_id: string }).call_id) // safe: compared below
    }
  })
  await post('one')
  await until('the first is shown', () => shown.includes('one'))
  await relay.kill()
  relay = await RelayProcess.start(state.path, { PORT: new URL(relay.url).port })
  await post('two')
  await until('the second is shown', () => shown.includes('two'))
  child.kill('SIGINT')
  expect((await ended).code).toBe(0)
  expect(shown).toEqual(['one', 'two'])
  await receiver.stop()
})

test('no output has the key, a colour, a move of the cursor or a stack, and no table is wider than 80', () => {
  expect(ran.length).toBeGreaterThan(20)
  for (const { out, err } of ran) {
    expect(out + err).not.toContain(ADMIN_KEY)
    expect(out + err).not.toContain('\u001b')
    expect(out + err).not.toMatch(/^ +at /m)
    // But for JSON, and what is to be copied whole.
    const lines = out.split('\n').filter((line) => !/^(\{|There is more: | {2}npm run relay)/.test(line))
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
  }
})
