/** In the place of `cloudflare:workers` while the site is made: the app is only asked what its routes are. */
export const DurableObject = Object
export const WorkerEntrypoint = Object
export const env = {}
export function waitUntil(): never {
  throw new Error('No request is answered while the site is made')
}
