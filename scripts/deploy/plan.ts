/** What a deploy has to do, from what wrangler.toml names and what the account has. Pure. */

/** The secrets without which the Worker answers nothing, and the least of their length (`src/lib/settings.ts`). */
export const SECRETS = ['ADMIN_KEY', 'ENCRYPTION_KEY'] as const
export type SecretName = (typeof SECRETS)[number]
export const SECRET_LEAST = 16

/** Of wrangler's configuration. */
export interface Config {
  readonly name?: string | undefined
  readonly d1_databases: readonly { readonly binding: string; readonly database_name?: string | undefined }[]
  readonly queues: {
    readonly producers?: readonly { readonly queue?: string | undefined }[] | undefined
    readonly consumers?:
      readonly { readonly queue: string; readonly dead_letter_queue?: string | undefined }[] | undefined
  }
}

export interface Database {
  readonly binding: string
  readonly name: string
}

export interface Wanted {
  readonly worker: string
  readonly databases: readonly Database[]
  readonly queues: readonly string[]
  /** Those that `wrangler deploy` makes by itself: it does so for what the Worker sends to, not for what it reads. */
  readonly queuesOfDeploy: readonly string[]
}

export interface Found {
  /** Names of the Worker's secrets; null if there is no such Worker. */
  readonly secrets: readonly string[] | null
  /** Bindings of the databases that are there. */
  readonly databases: readonly string[]
  /** The queues that are there, and who sends to them or reads them. */
  readonly queues: Readonly<Record<string, readonly string[]>>
}

export type Step =
  | { readonly kind: 'database'; readonly name: string }
  | { readonly kind: 'queue'; readonly name: string }
  | { readonly kind: 'migrations'; readonly binding: string }
  | { readonly kind: 'deploy' }
  | { readonly kind: 'secrets'; readonly names: readonly SecretName[] }

export type Plan =
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  | {
      readonly kind: 'steps'
      readonly steps: readonly Step[]
      readonly isFirst: boolean
      readonly missingSecrets: readonly SecretName[]
      /** A database was there before: a relay may have sealed values in it, with a key that is not to be lost. */
      readonly isSealed: boolean
    }

/** @throws if the configuration lacks a name that a deploy cannot do without */
export function wantedOf({ name, d1_databases: databases, queues }: Config): Wanted {
  if (name === undefined) throw new Error('wrangler.toml has no name for the Worker')
  const producers = (queues.producers ?? []).flatMap(({ queue }) => queue ?? [])
  const consumers = (queues.consumers ?? []).flatMap(({ queue, dead_letter_queue: dead }) => [
    queue,
    ...(dead === undefined ? [] : [dead]),
  ])
  return {
    worker: name,
    databases: databases.map(({ binding, database_name: database }) => {
      if (database === undefined) throw new Error(`wrangler.toml has no database_name for ${binding}`)
      return { binding, name: database }
    }),
    queues: [...new Set([...producers, ...consumers])],
    queuesOfDeploy: producers,
  }
}

/**
 * Migrations come before the code that needs them, and secrets after it: a secret that is set before there is a Worker
 * makes an empty one.
 */
export function planOf(wanted: Wanted, found: Found): Plan {
  const taken = wanted.queues.flatMap((queue) => {
    const others = (found.queues[queue] ?? []).filter((user) => user !== wanted.worker)
    if (others.length === 0) return []
    return `The queue ${queue} of this account is used by ${[...new Set(others)].join(', ')}. Give this relay's queues names of their own in wrangler.toml (each of its names stands there more than once).`
  })
  if (taken.length > 0) return { kind: 'refused', reasons: taken }

  const missingSecrets = SECRETS.filter((name) => !(found.secrets ?? []).includes(name))
  const steps: Step[] = [
    ...wanted.databases
      .filter(({ binding }) => !found.databases.includes(binding))
      .map(({ name }) => ({ kind: 'database', name }) as const),
    ...wanted.queues
      .filter((name) => found.queues[name] === undefined && !wanted.queuesOfDeploy.includes(name))
      .map((name) => ({ kind: 'queue', name }) as const),
    ...wanted.databases.map(({ binding }) => ({ kind: 'migrations', binding }) as const),
    { kind: 'deploy' },
    ...(missingSecrets.length === 0 ? [] : [{ kind: 'secrets', names: missingSecrets } as const]),
  ]
  return {
    kind: 'steps',
    steps,
    isFirst: found.secrets === null,
    missingSecrets,
    isSealed: found.databases.length > 0 && missingSecrets.includes('ENCRYPTION_KEY'),
  }
}

/** A step, for people. */
export function nameOf(step: Step): string {
  switch (step.kind) {
    case 'database':
      return `create the D1 database ${step.name}`
    case 'queue':
      return `create the queue ${step.name}`
    case 'migrations':
      return `apply the migrations of ${step.binding}`
    case 'deploy':
      return 'deploy the Worker'
    case 'secrets':
      return `set ${step.names.join(' and ')}`
  }
}

/** What is wrong with a secret, or null. */
export function faultOf(name: string, value: string): string | null {
  if (value.length < SECRET_LEAST) return `${name} has to have at least ${SECRET_LEAST} characters`
  return value === value.trim() ? null : `${name} begins or ends with white space`
}

/** The address of a relay among the targets that wrangler names after a deploy; null if none is one. */
export function addressOf(targets: readonly string[]): string | null {
  const hosts = targets.flatMap((target) => {
    const host = /^(?:https?:\/\/)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:\/\*)?(?: \(.*\))?$/i.exec(target)?.[1]
    return host ?? []
  })
  // A domain of one's own is what others are told of.
  const host = hosts.find((each) => !each.endsWith('.workers.dev')) ?? hosts[0]
  return host === undefined ? null : `https://${host}`
}

/** Who sends to a queue and who reads it, from what `wrangler queues info` prints. */
export function usersOf(info: string): string[] {
  const lists = info.matchAll(/^(?:Producers|Consumers): *(.+)$/gm)
  return [...lists].flatMap(([, list = '']) =>
    list.split(',').map((user) => user.trim().replace(/^worker:/, '')),
  )
}
