/** What a key may do; each route says which it takes. */
export const SCOPES = ['admin', 'ingest', 'manage', 'read'] as const
export type Scope = (typeof SCOPES)[number]
