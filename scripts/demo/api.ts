import * as z from 'zod'

/** What the demo reads of the relay's answers. */
export const created = z.object({ id: z.string() })
export const newKey = z.object({ key: z.string() })
export const secret = z.object({ secret: z.string() })
export const taken = z.object({ position: z.int() })
export const page = z.object({ data: z.array(z.unknown()) })
export const timeline = z.object({
  events: z.array(
    z.object({
      id: z.string(),
      trigger: z.string(),
      position: z.int(),
      deliveries: z.array(
        z.object({
          webhook_id: z.string(),
          status: z.string(),
          attempts: z.array(z.object({ status_code: z.int().nullable() })),
        }),
      ),
    }),
  ),
})

export type Timeline = z.infer<typeof timeline>

/** A client of the relay's API with one key. Whatever is not a 2xx is thrown, with the relay's own words. */
export class Api {
  readonly #url: string
  readonly #key: string

  constructor(url: string, key: string) {
    this.#url = url
    this.#key = key
  }

  async get<T>(path: string, answer: z.ZodType<T>): Promise<T> {
    return answer.parse(await this.#ask('GET', path))
  }

  async post<T>(path: string, body: object, answer: z.ZodType<T>): Promise<T> {
    return answer.parse(await this.#ask('POST', path, body))
  }

  async patch<T>(path: string, body: object, answer: z.ZodType<T>): Promise<T> {
    return answer.parse(await this.#ask('PATCH', path, body))
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
}
