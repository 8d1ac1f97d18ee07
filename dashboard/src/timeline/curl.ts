export interface SentRequest {
  readonly method: string
  readonly url: string
  readonly headers: readonly { readonly key: string; readonly value: string }[]
  readonly body: string | null
}

/** A request as a command for a shell. Masked values stay masked: no secret is in the page. Pure. */
export function curlOf({ method, url, headers, body }: SentRequest): string {
  return [
    `curl --request ${method} ${quoted(url)}`,
    ...headers.map(({ key, value }) => `--header ${quoted(`${key}: ${value}`)}`),
    ...(body === null ? [] : [`--data-raw ${quoted(body)}`]),
  ].join(' \\\n  ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
