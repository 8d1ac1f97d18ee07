import * as z from 'zod'
import { nearest } from './nearest.ts'

/** The settings as wrangler.toml, secrets and the environment give them; unchecked. */
export interface RawSettings {
  ADMIN_KEY?: string
  ENCRYPTION_KEY?: string
  ENCRYPTION_KEYS_OLD?: string
  ALLOW_PRIVATE_TARGETS?: string
  RETRY_SCHEDULE?: string
  DELIVERY_TIMEOUT_SECONDS?: string
  REORDER_WINDOW_SECONDS?: string
  SOURCE_TIME_ZONE?: string
  RETENTION_DAYS?: string
  AUDIT_DAYS?: string
  ATTEMPTS_BY?: string
  REGION?: string
  PORTAL_ORIGINS?: string
  TEST_RECEIVER?: string
}

/** The ENCRYPTION_KEY, and former ones that may still have sealed what is stored. */
export type EncryptionKeys = readonly [current: string, ...former: string[]]

/** The checked settings. Nothing else in the project reads a variable or a secret. */
export interface Settings {
  readonly adminKey: string
  /** The first seals; each opens what it has sealed. */
  readonly encryptionKeys: EncryptionKeys
  readonly allowPrivateTargets: boolean
  /** Delays before each retry; its length is the number of retries. */
  readonly retryScheduleMs: readonly number[]
  readonly deliveryTimeoutMs: number
  readonly reorderWindowMs: number
  readonly sourceTimeZone: string
  readonly retentionMs: number
  /** How long an entry of the audit log is kept. */
  readonly auditMs: number
  /**
   * Who makes the first attempts of an event. Deployed, the invocation that brought it: an object has six connections,
   * and is billed while it waits. On one machine the object itself is faster.
   */
  readonly attemptsBy: 'object' | 'invocation'
  /** Where new objects are to live; none: near whoever asks for them first. */
  readonly region: (typeof REGIONS)[number] | undefined
  /** Whose pages may frame `/embed`. */
  readonly portalOrigins: readonly string[]
  /** `/test-receiver/…` answers. Never without private targets: whoever is kept from this network is kept from it. */
  readonly testReceiver: boolean
}

const DAY_MS = 24 * 60 * 60 * 1000

function seconds(text: string, least: number, most: number): number | null {
  const value = Number(text)
  return text.trim() !== '' && Number.isFinite(value) && value >= least && value <= most ? value : null
}

function secondsSetting(fallback: string, least: number, most: number) {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const value = seconds(text, least, most)
      if (value === null) context.addIssue(`must be a number of seconds from ${least} to ${most}`)
      return Math.round((value ?? 0) * 1000)
    })
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** Whether a text is an origin, spelled as browsers do, whose pages nobody on the way can change. */
function isPageOrigin(text: string): boolean {
  const url = URL.parse(text)
  if (url?.origin !== text || url.hostname.includes('*')) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Cloudflare's location hints. */
const REGIONS = [
  'wnam',
  'enam',
  'sam',
  'weur',
  'eeur',
  'apac',
  'apac-ne',
  'apac-se',
  'oc',
  'afr',
  'me',
] as const

const schema = z.object({
  ADMIN_KEY: z.string('is required').min(16, 'must be at least 16 characters'),
  ENCRYPTION_KEY: z.string('is required').min(16, 'must be at least 16 characters'),
  ENCRYPTION_KEYS_OLD: z
    .string()
    .default('')
    .transform((text) => (text.trim() === '' ? [] : text.split(',').map((key) => key.trim())))
    .refine(
      (former) => former.every((key) => key.length >= 16),
      'must be keys of at least 16 characters each',
    ),
  ALLOW_PRIVATE_TARGETS: z.enum(['true', 'false']).default('false'),
  RETRY_SCHEDULE: z
    .string()
    .default('0,5,30,120,600,1800,3600,7200,14400,28800')
    .transform((text, context) =>
      (text.trim() === '' ? [] : text.split(',')).map((part) => {
        const value = seconds(part, 0, 86_400)
        if (value === null) context.addIssue(`'${part}' is not a number of seconds from 0 to 86400`)
        return Math.round((value ?? 0) * 1000)
      }),
    ),
  // A queued attempt goes on after its consumer has returned, and the platform gives that 30 s.
  DELIVERY_TIMEOUT_SECONDS: secondsSetting('10', 0.1, 25),
  REORDER_WINDOW_SECONDS: secondsSetting('2', 0, 60),
  SOURCE_TIME_ZONE: z.string().default('Asia/Kolkata').refine(isTimeZone, 'must be an IANA time zone'),
  RETENTION_DAYS: z.coerce.number().min(0.001).max(365).default(7),
  AUDIT_DAYS: z.coerce.number().min(0.001).max(36_500).default(400),
  ATTEMPTS_BY: z.enum(['object', 'invocation']).default('invocation'),
  REGION: z.enum(REGIONS).optional(),
  PORTAL_ORIGINS: z
    .string()
    .default('')
    .transform((text) => (text.trim() === '' ? [] : text.split(',').map((origin) => origin.trim())))
    .refine(
      (origins) => origins.every(isPageOrigin),
      'must be origins as https://panel.example.com, comma separated; http on this machine alone',
    ),
  TEST_RECEIVER: z.enum(['true', 'false']).default('false'),
})

/** The settings that the Worker knows. */
export const SETTING_NAMES: readonly string[] = Object.keys(schema.shape)

const checked = new WeakMap<object, Settings>()

/**
 * Checks the environment once and remembers the answer for it. Of a name that looks like a mistyped setting the log tells.
 * @throws Error that names every fault, and no value, where a setting is missing or malformed.
 */
export function settingsOf(env: RawSettings): Settings {
  const known = checked.get(env)
  if (known !== undefined) return known
  for (const name of Object.keys(env).filter((each) => !SETTING_NAMES.includes(each))) {
    const meant = nearest(name, SETTING_NAMES)
    if (meant !== null) console.warn(`${name} is not a setting: did you mean ${meant}?`)
  }
  const result = schema.safeParse(env)
  if (!result.success) {
    throw new Error(result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '))
  }
  const raw = result.data
  const settings: Settings = {
    adminKey: raw.ADMIN_KEY,
    encryptionKeys: [raw.ENCRYPTION_KEY, ...raw.ENCRYPTION_KEYS_OLD],
    allowPrivateTargets: raw.ALLOW_PRIVATE_TARGETS === 'true',
    retryScheduleMs: raw.RETRY_SCHEDULE,
    deliveryTimeoutMs: raw.DELIVERY_TIMEOUT_SECONDS,
    reorderWindowMs: raw.REORDER_WINDOW_SECONDS,
    sourceTimeZone: raw.SOURCE_TIME_ZONE,
    retentionMs: raw.RETENTION_DAYS * DAY_MS,
    auditMs: raw.AUDIT_DAYS * DAY_MS,
    attemptsBy: raw.ATTEMPTS_BY,
    region: raw.REGION,
    portalOrigins: raw.PORTAL_ORIGINS,
    testReceiver: raw.TEST_RECEIVER === 'true' && raw.ALLOW_PRIVATE_TARGETS === 'true',
  }
  checked.set(env, settings)
  return settings
}
