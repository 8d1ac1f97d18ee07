import type { MASK as ApiMask } from '../../../../src/contracts/webhook.ts'

/** What stands for a header value that may not be read. Sent back, it keeps the value that is stored. */
export const MASK: typeof ApiMask = '••••'
