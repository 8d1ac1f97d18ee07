import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { curlOf } from '../../../dashboard/src/pages/deliveries/curl.ts'

/** Says what it was called with, each word and then what comes by stdin, with a byte between that none of them has. */
const FAKE_CURL = `curl() { for word; do printf '%s\\377' "$word"; [ "$word" = @- ] && cat && printf '\\377'; done; printf '\\376'; }`

/** What a shell makes of commands: of each the words that curl gets, `@-` followed by what is piped to it. */
function wordsOf(commands: string[]): string[][] {
  const out = execFileSync('sh', ['-c', [FAKE_CURL, ...commands].join('\n')], { encoding: 'latin1' })
  return out
    .split('\xFE')
    .slice(0, -1)
    .map((call) =>
      call
        .split('\xFF')
        .slice(0, -1)
        .map((text) => new TextDecoder().decode(Uint8Array.from(text, (byte) => byte.charCodeAt(0)))),
    )
}

const wordOf = (command: string): string[] => wordsOf([command])[0] ?? []

describe('a request as a command', () => {
  test('is what somebody would write', () => {
    expect(
      curlOf({
        method: 'POST',
        url: 'https://crm.example.com/in?a=1&b=2',
        headers: [
          { key: 'content-type', value: 'application/json' },
          { key: 'user-agent', value: 'relay/1' },
          { key: 'accept', value: '*/*' },
          { key: 'host', value: 'crm.example.com' },
        ],
        body: `{"name":"O'Brien"}`,
      }),
    ).toBe(
      String.raw`curl --request POST 'https://crm.example.com/in?a=1&b=2' \
  --header 'content-type: application/json' \
  --header 'user-agent: relay/1' \
  --header 'accept: */*' \
  --data-raw '{"name":"O'\''Brien"}'`,
    )
  })

  test('sends no header that was not sent, and one that is empty', () => {
    const words = wordOf(
      curlOf({
        method: 'GET',
        url: 'https://[::1]/{a}',
        headers: [{ key: 'x-empty', value: '' }],
        body: null,
      }),
    )
    expect(words).toEqual([
      '--globoff',
      '--request',
      'GET',
      'https://[::1]/{a}',
      '--header',
      'x-empty;',
      '--header',
      'accept:',
      '--header',
      'user-agent:',
    ])
  })

  test('writes no control character into a terminal', () => {
    const command = curlOf({
      method: 'POST',
      url: 'https://a.example/',
      headers: [],
      body: 'a\r\u001b[2J\u0000\u009b%s\\n',
    })
    // oxlint-disable-next-line no-control-regex -- they are what it looks for
    expect(command).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/u)
    expect(wordOf(command).at(-1)).toBe('a\r\u001b[2J\u0000\u009b%s\\n')
  })

  test('keeps every byte of the URL, the headers and the body', () => {
    const awkward = fc.constantFrom(...Array.from('\'"`\\$!%-@\n\r\t\0\u009b;&|<>*?[]{}~# é☎'))
    // Whole characters: what comes by JSON has no halves of surrogate pairs.
    const text = fc.string({
      unit: fc.oneof(
        awkward,
        fc.nat(0xffff).map((code) => String.fromCodePoint(code).toWellFormed()),
      ),
    })
    const line = text.map((some) => some.replaceAll(/[\n\r\0]/g, ''))
    const request = fc.record({
      method: fc.constantFrom('POST' as const, 'GET' as const),
      url: line.map((some) => `https://a.example/${some}`),
      headers: fc.array(fc.record({ key: fc.constantFrom('x-one', 'x-two'), value: line }), { maxLength: 2 }),
      body: fc.option(text),
    })
    fc.assert(
      fc.property(fc.array(request, { minLength: 40, maxLength: 40 }), (requests) => {
        const all = wordsOf(requests.map((each) => curlOf(each)))
        requests.forEach(({ url, headers, body }, index) => {
          const words = all[index] ?? []
          expect(words).toContain(url)
          for (const { key, value } of headers)
            expect(words).toContain(value === '' ? `${key};` : `${key}: ${value}`)
          if (body !== null) expect(words.at(-1)).toBe(body)
        })
      }),
      { numRuns: 10, endOnFailure: true },
    )
  })
})
