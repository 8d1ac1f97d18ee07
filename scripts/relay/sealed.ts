/** What of the stored values is sealed, and how much of it none of the encryption keys opens. */
export interface Sealed {
  readonly count: number
  readonly unreadable: number
}

const REMEDY =
  'Set ENCRYPTION_KEY to the key that sealed them, or add that key to ENCRYPTION_KEYS_OLD ' +
  '(docs/operations.md#encryption_key)'

/**
 * What is to be said of values that do not open, and whether that ends the start: it does if nothing opens. If some do,
 * the key is the right one, and a former one is missing, perhaps for good; the relay has to start for their webhooks to
 * be deleted.
 * @param stateDir for people
 */
export function complaintOf(
  { count, unreadable }: Sealed,
  stateDir: string,
): { text: string; ends: boolean } | null {
  if (unreadable === 0) return null
  if (unreadable < count) {
    const text = `${unreadable} of the ${count} sealed values in STATE_DIR ${stateDir} are of an encryption key that is not set. ${REMEDY}`
    return { text, ends: false }
  }
  const text =
    `ENCRYPTION_KEY does not open what STATE_DIR ${stateDir} holds: its ${count} sealed values are of another key. ` +
    `${REMEDY}. If it is lost: npm start -- --lost-encryption-key`
  return { text, ends: true }
}
