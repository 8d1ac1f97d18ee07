import { MASK } from '../contracts/webhook.ts'

/** Shorter text is no secret worth the name, and would be masked out of half the words of an answer. */
const LEAST = 6
/** An answer that was cut off may end in the middle of a secret, and so much of one already tells something. */
const LEAST_START = 4

/** What was read of a receiver's answer. `cut`: the answer goes on, and may end in the first part of a secret. */
export interface AnswerText {
  text: string
  cut: boolean
}

/** The spellings of secrets, longest first, so that a secret within another does not leave the rest of that standing. */
export function spellingsOf(secrets: readonly string[]): string[] {
  return [...new Set(secrets.flatMap(partsOf).flatMap(spellingsOfPart))].sort((a, b) => b.length - a.length)
}

/** Whether a text is too short to hold a secret, so that nobody has to know the secrets. */
export function isTooShortToTell({ text, cut }: AnswerText): boolean {
  return text.length < (cut ? LEAST_START : LEAST)
}

/**
 * A receiver's answer without the secrets that its request carried, since a receiver may echo what it got: as
 * itself, or as JSON, a form or HTML would spell it.
 */
export function maskSecrets(answer: AnswerText, secrets: readonly string[]): string {
  return isTooShortToTell(answer) ? answer.text : maskSpellings(answer, spellingsOf(secrets))
}

/** As `maskSecrets`, of secrets whose spellings are known. */
export function maskSpellings(answer: AnswerText, spellings: readonly string[]): string {
  let text = answer.text
  for (const spelling of spellings) text = text.replaceAll(spelling, MASK)
  return answer.cut ? withoutStart(text, spellings) : text
}

/** The secret, and what follows its first space: the credentials without their scheme (`Bearer`, `Basic`). */
function partsOf(secret: string): string[] {
  const whole = secret.toWellFormed().trim()
  return [whole, whole.slice(whole.indexOf(' ') + 1).trim()]
    .filter((part) => part.length >= LEAST)
    .flatMap((part) => [part, asLatin1(part)])
}

/** How most servers read a header beyond ASCII: each byte of its UTF-8 as a character. */
function asLatin1(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
}

function spellingsOfPart(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  const url = encodeURIComponent(secret)
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return [
    secret,
    json,
    json.replaceAll('/', '\\/'),
    url,
    url.replaceAll('%20', '+'),
    html,
    html.replaceAll('"', '&quot;'),
    html.replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
  ]
}

function withoutStart(text: string, spellings: readonly string[]): string {
  for (const spelling of spellings) {
    for (let length = spelling.length - 1; length >= LEAST_START; length -= 1) {
      if (spelling[length - 1] === text.at(-1) && text.endsWith(spelling.slice(0, length)))
        return text.slice(0, -length) + MASK
    }
  }
  return text
}
