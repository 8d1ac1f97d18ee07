/**
 * `npm run deploy`: from nothing, or from any state that an earlier run has left, to a relay on Cloudflare that answers.
 *
 * Everything is done by wrangler. It looks first and does what is missing, so that it may be run again at any time.
 * `-- --plan` says what it would do; `--env` and `--config` are wrangler's, `--url` says where the relay will answer.
 */
import { setTimeout as passMs } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { unstable_readConfig } from 'wrangler'
import { look } from './deploy/look.ts'
import {
  addressOf,
  nameOf,
  planOf,
  wantedOf,
  type Config,
  type SecretName,
  type Step,
} from './deploy/plan.ts'
import { readiness } from './deploy/ready.ts'
import { askForSecrets, secretsOfEnvironment, type Secrets } from './deploy/secrets.ts'
import { Wrangler, type Answer } from './deploy/wrangler.ts'

const PATIENCE_MS = 120_000
const PERMISSIONS = 'docs/cloudflare.md#a-token-without-a-browser'

const { values: options } = parseArgs({
  options: {
    env: { type: 'string' },
    config: { type: 'string', short: 'c' },
    url: { type: 'string' },
    plan: { type: 'boolean', default: false },
  },
})
const flags = [
  ...(options.env === undefined ? [] : ['--env', options.env]),
  ...(options.config === undefined ? [] : ['--config', options.config]),
]
const isTerminal = process.stdin.isTTY && process.stdout.isTTY

async function main(): Promise<void> {
  // Safe: wrangler has checked it. The types of this function are not in wrangler's package.
  const wanted = wantedOf(unstable_readConfig({ config: options.config, env: options.env }) as Config)
  await using wrangler = await Wrangler.open(flags)
  console.log(`Looking at what the account has of ${wanted.worker} …`)
  const plan = planOf(wanted, await look(wrangler, wanted).catch(explain))
  if (plan.kind === 'refused') throw new Error(plan.reasons.join('\n'))
  const { steps, isFirst, missingSecrets, isSealed } = plan
  for (const step of steps) console.log(`  - ${nameOf(step)}`)
  if (options.plan) return

  const secrets = await secretsFor(missingSecrets, isSealed)
  let targets: readonly string[] = []
  for (const step of steps) {
    if (step.kind === 'secrets' && Object.keys(secrets).length === 0) continue
    const answer = await take(step, wrangler, secrets)
    if (!answer.ok) throw new Error(stopped(step, answer.complaint))
    if (answer.targets.length > 0) targets = answer.targets
    console.log(`✓ ${nameOf(step)}`)
  }
  if (missingSecrets.some((name) => secrets[name] === undefined)) return
  await conclude(options.url ?? addressOf(targets), isFirst)
}

/** Before anything is changed: a run that lacks one ends with nothing done. */
async function secretsFor(missing: readonly SecretName[], isSealed: boolean): Promise<Secrets> {
  const given = secretsOfEnvironment(missing)
  const open = missing.filter((name) => given[name] === undefined)
  if (open.length === 0) return given
  if (isTerminal) return { ...given, ...(await askForSecrets(open, isSealed)) }
  const lacking = `${open.join(' and ')} ${open.length === 1 ? 'is' : 'are'} not set`
  // Workers Builds deploys what the Deploy button has set up, and who pressed it has typed the secrets there.
  if (process.env['WORKERS_CI'] !== undefined) {
    console.log(`${lacking}: until then every request with a key is answered 500`)
    return given
  }
  throw new Error(
    `${lacking}: put ${open.length === 1 ? 'it' : 'them'} into the environment, or run this in a terminal, which offers to make them. Nothing has been changed.`,
  )
}

async function take(step: Step, wrangler: Wrangler, secrets: Secrets): Promise<Answer> {
  switch (step.kind) {
    case 'database':
      return wrangler.run(['d1', 'create', step.name])
    case 'queue':
      return wrangler.run(['queues', 'create', step.name])
    case 'migrations':
      return wrangler.run(['d1', 'migrations', 'apply', step.binding, '--remote'])
    case 'deploy':
      return wrangler.show(['deploy'])
    case 'secrets':
      return wrangler.run(['secret', 'bulk'], JSON.stringify(secrets))
  }
}

function stopped(step: Step, complaint: string): string {
  return [
    `Stopped at: ${nameOf(step)}`,
    ...(complaint === '' ? [] : [complaint]),
    ...hintsFor(complaint),
    'What was done before stays done: `npm run deploy` goes on from here.',
  ].join('\n')
}

function explain(error: unknown): never {
  const complaint = error instanceof Error ? error.message : String(error)
  throw new Error([complaint, ...hintsFor(complaint), 'Nothing has been changed.'].join('\n'))
}

function hintsFor(complaint: string): string[] {
  if (/CLOUDFLARE_API_TOKEN environment variable/.test(complaint))
    return [`Sign in with \`npx wrangler login\`, or set CLOUDFLARE_API_TOKEN: ${PERMISSIONS}`]
  if (/\[code: 10000\]/.test(complaint)) return [`Does the token have every permission? ${PERMISSIONS}`]
  if (/\[code: 971\]/.test(complaint)) return ['Cloudflare limits requests to its API: wait five minutes.']
  return []
}

async function conclude(url: string | null, isFirst: boolean): Promise<void> {
  if (url === null) {
    console.log('Deployed. wrangler.toml gives it no address of which /health could be asked: see --url.')
    return
  }
  console.log(`Asking ${url}/health …`)
  const found = await readiness(url, PATIENCE_MS, { fetch, nowMs: Date.now, passMs })
  switch (found.kind) {
    case 'ready':
      console.log(`The relay answers on ${url}, version ${found.version}.`)
      if (isFirst) console.log(next(url))
      return
    case 'not_working':
      throw new Error(
        `Deployed, but not at work: GET ${url}/v1/triggers is answered ${found.status}. ${
          found.status === 500 ? 'A setting or a secret is wrong' : 'D1 cannot be asked'
        }; \`npx wrangler tail\` shows what the Worker says.`,
      )
    case 'no_answer':
      throw new Error(
        `Deployed, but it does not answer yet (${found.reason}). A new address may take minutes: ask it again, or run this again.`,
      )
  }
}

function next(url: string): string {
  return `
What comes next: an account, a key to configure its webhooks with, and one for what posts the events.

  RELAY=${url}
  ADMIN=…   # the ADMIN_KEY
  post() { curl -sS -H "Authorization: Bearer $ADMIN" -H 'Content-Type: application/json' "$RELAY$1" -d "$2"; }
  post /v1/accounts '{"name": "Acme"}'                                  # note its id
  post /v1/accounts/ID/keys '{"name": "Acme", "scope": "manage"}'
  post /v1/keys '{"name": "core", "scope": "ingest"}'

The API: ${url}/docs. A domain of your own, logs, rollback: docs/cloudflare.md.`
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
