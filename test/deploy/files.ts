/** The files of Workers as wrangler brings them: asked for by their digests, once each, and ended by a token. */
import type { IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { failed, formOf, ok, type Answer } from './answers.ts'

interface Manifest {
  readonly manifest: Record<string, { readonly hash: string; readonly size: number }>
}

/** What wrangler reads of a token is when it ends. */
function token(of: string): string {
  const claims = Buffer.from(JSON.stringify({ of, exp: Math.floor(Date.now() / 1_000) + 3_600 }))
  return `head.${claims.toString('base64url')}.signature`
}

export class Files {
  readonly #known = new Set<string>()
  /** Paths that the last deploy of each Worker named. */
  readonly paths = new Map<string, string[]>()
  readonly completion = token('completion')
  /** How many files were brought. */
  brought = 0

  async start(worker: string, request: IncomingMessage): Promise<Answer> {
    // Safe: wrangler's own body; another shape fails here and the test with it.
    const { manifest } = (await json(request)) as Manifest
    this.paths.set(worker, Object.keys(manifest))
    const wanted = new Set(Object.values(manifest).map(({ hash }) => hash)).difference(this.#known)
    if (wanted.size === 0) return ok({ jwt: this.completion, buckets: [] })
    return ok({ jwt: token('upload'), buckets: [[...wanted]] })
  }

  async take(request: IncomingMessage): Promise<Answer> {
    const form = await formOf(request)
    for (const [hash, file] of form) {
      if (typeof file === 'string') return failed(400, 10_021, 'A file was expected')
      this.#known.add(hash)
      this.brought += 1
    }
    return ok({ jwt: this.completion })
  }
}
