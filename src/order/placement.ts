/**
 * Which of an account's shards a call is in. Pure, and never to change: a call that was hashed another way would be
 * looked for where it is not.
 */

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** @param shards how many the account has, from 1 */
export function shardOfCall(callId: string, shards: number): number {
  if (shards === 1) return 0
  // FNV-1a of 32 bits, over UTF-16 code units.
  let hash = FNV_OFFSET
  for (let at = 0; at < callId.length; at += 1) hash = Math.imul(hash ^ callId.charCodeAt(at), FNV_PRIME)
  // Its low bits hardly tell ids apart that differ in their last characters alone: what follows mixes all of them.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % shards
}
