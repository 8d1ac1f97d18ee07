/** A request as a command for a POSIX shell. Pure. */

/** As the API has it: this file is tested without the API's client. */
export interface SentRequest {
  readonly method: string
  readonly url: string
  readonly headers: readonly { readonly key: string; readonly value: string }[]
  readonly body: string | null
}

/** Made by curl itself, from the URL and the body. */
const MADE_BY_CURL = new Set(['host', 'content-length', 'connection', 'transfer-encoding'])
/** What curl adds if it is not told otherwise, although it was not sent. */
const ADDED_BY_CURL = ['accept', 'user-agent']

/**
 * A command that sends the request again, byte for byte. Masked values stay masked: no secret is in the page. Control
 * characters, which a terminal would act on while they are pasted, are written as octal escapes for `printf`.
 */
export function curlOf({ method, url, headers, body }: SentRequest): string {
  const sent = headers.filter(({ key }) => !MADE_BY_CURL.has(key.toLowerCase()))
  const names = new Set(sent.map(({ key }) => key.toLowerCase()))
  const unwanted = [...ADDED_BY_CURL, ...(body === null ? [] : ['content-type'])].filter(
    (name) => !names.has(name),
  )
  const isPiped = body !== null && hasControls(body)
  const command = [
    // Brackets and braces in a URL are patterns to curl.
    `curl${/[[\]{}]/.test(url) ? ' --globoff' : ''} --request ${method} ${word(url)}`,
    // A header without a value has to end in a semicolon, else it is one that curl is to leave out.
    ...sent.map(({ key, value }) => `--header ${word(value === '' ? `${key};` : `${key}: ${value}`)}`),
    ...unwanted.map((name) => `--header '${name}:'`),
    ...(body === null ? [] : [isPiped ? '--data-binary @-' : `--data-raw ${word(body)}`]),
  ].join(' \\\n  ')
  return isPiped ? `printf ${printfFormat(body)} |\n  ${command}` : command
}

/** A text as one word of a command. */
function word(text: string): string {
  return hasControls(text) ? `"$(printf ${printfFormat(text)})"` : quoted(text)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** All but the end of a line, which a shell takes as it is. */
// oxlint-disable-next-line no-control-regex -- they are what it looks for
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/gu

function hasControls(text: string): boolean {
  return text.search(CONTROLS) !== -1
}

/** A format that `printf` writes a text of any bytes by. */
function printfFormat(text: string): string {
  const format = text
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%')
    .replaceAll(CONTROLS, (control) =>
      Array.from(new TextEncoder().encode(control), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(
        '',
      ),
    )
  // A format that begins with a hyphen would be an option.
  return `${format.startsWith('-') ? '-- ' : ''}${quoted(format)}`
}
