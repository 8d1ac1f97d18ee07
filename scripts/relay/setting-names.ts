/** The names of settings, and what to make of others. */
import { nearest } from '../../src/lib/nearest.ts'

/** The settings that the Worker knows, as docs/operations.md lists them. */
export const WORKER_SETTINGS = [
  'ADMIN_KEY',
  'ENCRYPTION_KEY',
  'ENCRYPTION_KEYS_OLD',
  'ALLOW_PRIVATE_TARGETS',
  'RETRY_SCHEDULE',
  'DELIVERY_TIMEOUT_SECONDS',
  'REORDER_WINDOW_SECONDS',
  'SOURCE_TIME_ZONE',
  'RETENTION_DAYS',
  'AUDIT_DAYS',
  'ATTEMPTS_BY',
  'REGION',
  'PORTAL_ORIGINS',
  'TEST_RECEIVER',
] as const
const START_SETTINGS = ['PORT', 'LISTEN_ADDRESS', 'STATE_DIR'] as const

/** Where settings may be, in the folder of the repository, beside the environment. */
export const FILE = '.dev.vars'

/**
 * Says of each name that is no setting what is wrong with it. The environment has names that are others' business: of
 * those the ones that look like a setting are meant. In the file all are.
 */
export function misnamed(file: readonly string[], environment: readonly string[]): string[] {
  const known: readonly string[] = [...WORKER_SETTINGS, ...START_SETTINGS]
  const say = (where: string, names: readonly string[], isAll: boolean) =>
    names
      .filter((name) => !known.includes(name))
      .flatMap((name) => {
        const meant = nearest(name, known)
        if (meant === null) return isAll ? [`${name} in ${where} is not a setting`] : []
        return [`${name} in ${where} is not a setting: did you mean ${meant}?`]
      })
  return [...say(FILE, file, true), ...say('the environment', environment, false)]
}
