/** What the relay is started with, as far as the receivers and the checks have to know it. */

/** Pauses between attempts, short enough for a delivery to end within a run, however it ends. */
export const RETRIES_S = [0.2, 0.5, 1, 1, 2, 3]
export const WINDOW_MS = 1_000
/**
 * What is answered at all is answered well within the timeout: an answer on the edge would be a success to the
 * receiver and a timeout to the relay, and neither would be wrong.
 */
export const TIMEOUT_S = 2
export const SLOWEST_ANSWER_MS = 1_300
/**
 * How long the relay may take from a request to its note of it, or from its own start to the request: an attempt's
 * lease of 4 s, and what a machine that is shared with others may add.
 */
export const NOTED_WITHIN_MS = 10_000

/** Who makes the first attempts, so that the suite runs for each of them: `ATTEMPTS_BY=invocation npm run test:crash`. */
export const ATTEMPTS_BY = process.env['ATTEMPTS_BY'] ?? 'object'
