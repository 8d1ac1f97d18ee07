import * as fc from 'fast-check'

/** What ends, splits, escapes or expands something somewhere. */
const PIECES = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\u001b',
  '\u007f',
  '\t',
  ' ',
  '"',
  "'",
  '\\',
  '&',
  '&amp;',
  '=',
  '?',
  '#',
  '/',
  ';',
  ',',
  ':',
  '+',
  '%',
  '%0d%0a',
  '%00',
  '%26',
  '$',
  '$$',
  '$uuid',
  '$hostile',
  '{',
  '}',
  '[',
  ']',
  '[]',
  '][admin',
  '<',
  '>',
  '\u0085',
  '\u00a0',
  '\u2028',
  '\u2029',
  '\u202e',
  '\ufeff',
  // Line breaks for whoever keeps only the low byte of a character.
  '\u010d\u010a',
  '\u560d\u560a',
  'é',
  'आशा',
  '🦊',
  '\ud800',
  '\udc00',
  'X-Evil: 1',
  'webhook-id: evil',
  'Content-Length: 0',
  'GET /evil HTTP/1.1',
  'admin=1',
  '"admin":1',
  '__proto__',
  'constructor',
  'x'.repeat(700),
] as const

/** Text that tries to be more than a value. It begins and ends with a letter, since headers lose their spaces. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 6 })
  .map((pieces) => `v${pieces.join('')}v`)

// eslint-disable-next-line no-control-regex -- control characters are just what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/g

/** The same without what an event's ids may not hold. */
export const hostileId: fc.Arbitrary<string> = hostileText.map((text) =>
  text.replaceAll(CONTROL, '').toWellFormed().slice(0, 200),
)

/** What of a text may stand in a header. */
export function withoutControls(text: string): string {
  return Array.from(text)
    .filter((character) => character === '\t' || !/\p{Cc}/u.test(character))
    .join('')
}
