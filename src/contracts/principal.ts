/** What a key may do; each route says which it takes. */
export const SCOPES = ['admin', 'ingest', 'manage', 'read', 'portal'] as const
export type Scope = (typeof SCOPES)[number]

/** The scopes that a browser session may stand for. */
export const SESSION_SCOPES = ['admin', 'manage', 'read'] as const satisfies readonly Scope[]
export type SessionScope = (typeof SESSION_SCOPES)[number]

/** The scopes that a portal link may give. */
export const LINK_SCOPES = ['manage', 'read'] as const satisfies readonly SessionScope[]
export type LinkScope = (typeof LINK_SCOPES)[number]

/** Who uses a session, as the operator's own panel knows them. */
export interface SessionUser {
  readonly id: string
  readonly name: string
}
