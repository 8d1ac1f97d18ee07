import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { buildSite } from './site/build.ts'
import { SideBySide } from './test/side-by-side.ts'

// The Worker under test serves it; a second or two, and only if it is not what it would be made anew.
await buildSite()
const migrations = await readD1Migrations('migrations')

/** Settings of the Worker under test. Schedules are short so that a test can wait for what they lead to. */
const bindings = {
  ADMIN_KEY: 'test-admin-key-0123456789',
  ENCRYPTION_KEY: 'test-encryption-key-0123456789',
  ALLOW_PRIVATE_TARGETS: 'true',
  RETRY_SCHEDULE: '0,0.2,0.4',
  DELIVERY_TIMEOUT_SECONDS: '1',
  REORDER_WINDOW_SECONDS: '0.5',
  ATTEMPTS_BY: 'object',
  TEST_MIGRATIONS: migrations,
}

/** The tests' requests without a key come from one sender, and are many. */
const ratelimits = {
  UNKNOWN_KEY_LIMIT: { namespace_id: '1', simple: { limit: 1_000_000, period: 10 } },
  TEST_LIMIT: { namespace_id: '2', simple: { limit: 2, period: 60 } },
}

/**
 * Tests that set no clock, spy on nothing that others use, and count nothing of the whole Worker. Their files share an isolate
 * in each worker: to load the Worker's modules anew for each takes longer than many of its tests.
 */
const SHARED = [
  'test/api/{accounts,audit,audit-status,bad-input,docs,events,host,input,my-numbers,openapi,operational,response-headers,sent-back,tenancy,test-receiver,times,try,vault,webhooks}.test.ts',
  'test/objects/{breaker,configuration,operational,order,shard-call-list,shard-log,shard-replays,shard-retention,stats,status,tests,timeline,unsent}.test.ts',
]

/** Tests of what the shard's own attempts have no part in. */
const OF_INVOCATIONS = ['test/objects/{queue,poison,reports}.test.ts']

function workers(name: string, settings: object, include: string[], exclude: string[] = [], isolate = true) {
  return {
    plugins: [
      cloudflareTest({
        wrangler: { configPath: './wrangler.toml' },
        miniflare: { bindings: { ...settings }, ratelimits },
      }),
    ],
    // Some ask every route with every key: a while on a busy machine.
    test: { name, include, exclude, isolate, setupFiles: ['test/support/migrate.ts'], testTimeout: 60_000 },
  }
}

/**
 * Of what starts relays of its own: after the tests in workerd, and no more than three at a time, or they wait for a CPU.
 * A file of `e2e` waits more than it works, one of `flows` works: beside each other they take little longer than the first.
 */
const BUILT = { maxWorkers: 3, sequence: { groupOrder: 1 } }

/** The dashboard in a browser. */
function browser(name: string, include: string[], sweeps: boolean) {
  return {
    test: {
      name,
      include,
      environment: 'node' as const,
      globalSetup: ['test/e2e/build.ts'],
      provide: { sweeps },
      testTimeout: 60_000,
      hookTimeout: 120_000,
      ...BUILT,
    },
  }
}

export default defineConfig({
  test: {
    // Tests of objects wait for alarms and windows more than they work: by the number of cores two of them would
    // run one after the other, for ten minutes.
    maxWorkers: 4,
    sequence: { sequencer: SideBySide },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{unit,cli}/**/*.test.ts'],
          environment: 'node',
          // Property tests take a while on a busy machine.
          testTimeout: 20_000,
        },
      },
      workers('workers', bindings, ['test/{objects,api}/**/*.test.ts'], [...OF_INVOCATIONS, ...SHARED]),
      workers('shared', bindings, SHARED, [], false),
      workers('workers-invocation', { ...bindings, ATTEMPTS_BY: 'invocation' }, [...OF_INVOCATIONS]),
      // What else rests on who makes the attempts, once more if the invocations and the queue do: `npm run test:makers`.
      workers('makers', { ...bindings, ATTEMPTS_BY: 'invocation' }, [
        'test/objects/{order,deliveries,faults,status,nothing-starts,deploy,replay,clock-skew,storage,retention,reads,rate,breaker,lost}.test.ts',
      ]),
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          environment: 'node',
          globalSetup: ['test/e2e/build.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          ...BUILT,
        },
      },
      browser('flows', ['test/browser/dashboard/**/*.test.ts'], false),
      // The same, each page looked at with axe too, and the documentation: `npm run test:browser`.
      browser('browser', ['test/browser/**/*.test.ts'], true),
      {
        test: {
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          environment: 'node',
          globalSetup: ['test/e2e/build.ts'],
        },
      },
      // The Dockerfile, built and run: `npm run test:container`.
      {
        test: {
          name: 'container',
          include: ['test/container/**/*.test.ts'],
          environment: 'node',
          testTimeout: 600_000,
        },
      },
      // `npm run deploy` by the real wrangler, each start of which takes seconds: `npm run test:deploy`.
      {
        test: {
          name: 'deploy',
          include: ['test/deploy/**/*.test.ts'],
          environment: 'node',
          testTimeout: 300_000,
          maxConcurrency: 2,
        },
      },
    ],
  },
})
