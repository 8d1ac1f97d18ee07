import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { withoutReceivers } from '../../scripts/relay/log.ts'

/** What is handed on of what workerd writes, in these pieces. */
async function handedOn(...pieces: string[]): Promise<string> {
  const [from, to] = [new PassThrough(), new PassThrough()]
  withoutReceivers(from, to)
  for (const piece of pieces) from.write(piece)
  from.end()
  await new Promise((done) => from.once('close', done))
  to.end()
  return (await to.toArray()).join('')
}

const STACK =
  'stack: workerd@26b6840 workerd@3739630; sentryErrorContext = jsgInternalError; wdErrId = ft9qgohqrkm2tvfpqcejjqn2\n'
const DNS =
  'workerd/jsg/util.c++:410: error: e = rust/worker/ffi.rs:110: failed: failed to lookup address information: Name or service not known\n'
const TLS =
  'workerd/jsg/util.c++:410: error: e = rust/worker/ffi.rs:110: failed: TLS handshake failed: invalid peer certificate: BadSignature\n'
const OURS = 'workerd/jsg/util.c++:410: error: e = workerd/util/sqlite.c++:1: failed: disk I/O error\n'

test('the failures of receivers are left out with their stacks, and nothing else is', async () => {
  const ours = `report of attempts: Error lost\n${OURS}${STACK}attempt: TypeError TLS handshake failed\nstack: x\n`
  expect(await handedOn(DNS, STACK, ours, TLS, STACK, ours)).toBe(ours + ours)
})

test('that holds however the pieces come, and of a last line without an end', async () => {
  const all = `${OURS}${STACK}${TLS}${STACK}${DNS}${STACK}end`
  expect(await handedOn(...(all.match(/[^]{1,7}/g) ?? []))).toBe(`${OURS}${STACK}end\n`)
  expect(await handedOn(TLS, OURS, STACK)).toBe(OURS + STACK)
})
