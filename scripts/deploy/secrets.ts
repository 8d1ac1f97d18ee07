/** Where the secrets of a deploy come from: the environment, or whoever sits at the terminal. */
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { faultOf, SECRET_LEAST, type SecretName } from './plan.ts'

export type Secrets = Partial<Record<SecretName, string>>

/** Those of the environment. @throws if one is not valid */
export function secretsOfEnvironment(names: readonly SecretName[]): Secrets {
  const given: Secrets = {}
  for (const name of names) {
    const value = process.env[name]
    if (value === undefined || value === '') continue
    const fault = faultOf(name, value)
    if (fault !== null) throw new Error(`${fault}; it comes from the environment`)
    given[name] = value
  }
  return given
}

/**
 * Asks for the secrets, unseen, and makes those that are left empty. What it makes is shown this once: nobody can read
 * a secret of a Worker again, and a relay that is to get another ENCRYPTION_KEY needs the former one.
 */
export async function askForSecrets(names: readonly SecretName[], isSealed: boolean): Promise<Secrets> {
  const given: Secrets = {}
  for (const name of names) {
    if (name === 'ENCRYPTION_KEY' && isSealed)
      console.log(
        'The database was there before. If a relay has used it, give the ENCRYPTION_KEY of that relay: what it has sealed opens with no other.',
      )
    given[name] = await askFor(name)
  }
  return given
}

async function askFor(name: SecretName): Promise<string> {
  for (;;) {
    const typed = await unseen(
      `${name} (at least ${SECRET_LEAST} characters; leave it empty to have one made): `,
    )
    if (typed === '') {
      const made = randomBytes(32).toString('base64url')
      console.log(`${name}, shown this once; keep it where you keep secrets: ${made}`)
      return made
    }
    const fault = faultOf(name, typed)
    if (fault === null) return typed
    console.log(fault)
  }
}

/** A line from the terminal that it does not show. */
async function unseen(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  const interrupted = new Promise<never>((_, reject) =>
    terminal.once('SIGINT', () => reject(new Error('Interrupted. Nothing has been changed.'))),
  )
  try {
    process.stdout.write(question)
    return await Promise.race([terminal.question(''), interrupted])
  } finally {
    terminal.close()
    process.stdout.write('\n')
  }
}
