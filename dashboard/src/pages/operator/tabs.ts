/** The parts of the two pages, as the URL names them. */
export const OPERATOR_TABS = ['accounts', 'keys', 'encryption'] as const
export type OperatorTab = (typeof OPERATOR_TABS)[number]

export const ACCOUNT_TABS = ['settings', 'keys', 'numbers', 'sessions', 'shards'] as const
export type AccountTab = (typeof ACCOUNT_TABS)[number]
/** What an account sees of itself: how it is stored is its operator's. */
export const OWN_TABS: readonly AccountTab[] = ACCOUNT_TABS.filter((tab) => tab !== 'shards')
