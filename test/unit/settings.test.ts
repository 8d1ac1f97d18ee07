import { expect, test, vi } from 'vitest'
import { misnamed, WORKER_SETTINGS } from '../../scripts/relay/setting-names.ts'
import { nearest } from '../../src/lib/nearest.ts'
import { SETTING_NAMES, settingsOf } from '../../src/lib/settings.ts'

test('npm start hands on every setting that the Worker knows', () => {
  expect([...WORKER_SETTINGS].sort()).toEqual([...SETTING_NAMES].sort())
})

test.each([
  ['RETENTION_DAY', 'RETENTION_DAYS'],
  ['RETENTOIN_DAYS', 'RETENTION_DAYS'],
  ['retention_days', 'RETENTION_DAYS'],
  ['RETRY_SHEDULE', 'RETRY_SCHEDULE'],
  ['ENCRYPTON_KEY', 'ENCRYPTION_KEY'],
  ['ENCRYPTION_KEY_OLD', 'ENCRYPTION_KEYS_OLD'],
  ['ADMINKEY', 'ADMIN_KEY'],
  ['STATEDIR', 'STATE_DIR'],
  ['Region', 'REGION'],
  ['port', 'PORT'],
])('%s is said to be no setting, and %s to be meant', (name, meant) => {
  expect(misnamed([], [name])).toEqual([
    `${name} in the environment is not a setting: did you mean ${meant}?`,
  ])
  expect(misnamed([name], [])).toEqual([`${name} in .dev.vars is not a setting: did you mean ${meant}?`])
})

test('what is others’ business is not spoken of, and in the file of settings nothing is', () => {
  const others = [
    'PATH',
    'HOME',
    'SORT',
    'PORTS',
    'HOST',
    'AWS_REGION',
    'KUBERNETES_SERVICE_PORT',
    'EDITOR',
    'OLDPWD',
  ]
  expect(misnamed([], others)).toEqual([])
  expect(misnamed(['LOG_LEVEL'], [])).toEqual(['LOG_LEVEL in .dev.vars is not a setting'])
  expect(misnamed([...WORKER_SETTINGS], ['PORT', 'STATE_DIR', ...WORKER_SETTINGS])).toEqual([])
})

test('of several names that are near the nearest is meant', () => {
  expect(nearest('lead_nmae', ['lead_named', 'lead_name', 'lead_names'])).toBe('lead_name')
  expect(nearest('', ['PORT', 'REGION'])).toBeNull()
})

test('deployed, the log tells of a mistyped name once, and of no binding', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const keys = { ADMIN_KEY: 'admin-key-0123456789', ENCRYPTION_KEY: 'encryption-key-0123456789' }
  const env = { ...keys, RETENTION_DAY: '1', DB: {}, SHARDS: {}, DELIVERIES: {}, INGEST_LIMIT: {} }
  expect(settingsOf(env)).toBe(settingsOf(env))
  expect(warn.mock.calls).toEqual([['RETENTION_DAY is not a setting: did you mean RETENTION_DAYS?']])
  warn.mockRestore()
})

test('PORTAL_ORIGINS are origins, spelled as browsers do, and http on this machine alone', () => {
  const keys = { ADMIN_KEY: 'admin-key-0123456789', ENCRYPTION_KEY: 'encryption-key-0123456789' }
  const read = (PORTAL_ORIGINS: string) => settingsOf({ ...keys, PORTAL_ORIGINS }).portalOrigins
  expect(settingsOf(keys).portalOrigins).toEqual([])
  expect(read(' https://panel.example.com, https://b.example:8443,http://localhost:3000 ')).toEqual([
    'https://panel.example.com',
    'https://b.example:8443',
    'http://localhost:3000',
  ])
  for (const text of [
    'panel.example.com',
    'https://panel.example.com/',
    'https://panel.example.com/path',
    'https://Panel.example.com',
    'https://panel.example.com:443',
    'http://panel.example.com',
    'https://*.example.com',
    '*',
    'null',
    "https://a.example; script-src 'unsafe-inline'",
    'https://a.example https://b.example',
    'https://a.example,',
  ]) {
    expect(() => read(text), text).toThrow('PORTAL_ORIGINS must be origins')
  }
})
