import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'

/** What Cloudflare's API answers, before it is put into its envelope. */
export interface Answer {
  status: number
  result: unknown
  errors?: { code: number; message: string }[]
  headers?: Record<string, string>
}

export const ok = (result: unknown): Answer => ({ status: 200, result })
export const failed = (status: number, code: number, message: string, headers = {}): Answer => ({
  status,
  result: null,
  errors: [{ code, message }],
  headers,
})

export const FAILED = failed(500, 10_013, 'An unknown error has occurred')
export const LIMITED = failed(429, 971, 'Please wait and consider throttling your request speed')
export const FORBIDDEN = failed(403, 10_000, 'Authentication error')

/** The form that a request has as its body. */
export async function formOf(request: IncomingMessage): Promise<FormData> {
  const headers = { 'content-type': request.headers['content-type'] ?? '' }
  return new Response(new Uint8Array(await buffer(request)), { headers }).formData()
}
