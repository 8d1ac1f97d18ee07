/** The parts of the two pages, as the URL names them. */
export const OPERATOR_TABS = ['accounts', 'keys', 'encryption'] as const
export type OperatorTab = (typeof OPERATOR_TABS)[number]

export const ACCOUNT_TABS = ['settings', 'keys', 'numbers', 'sessions'] as const
export type AccountTab = (typeof ACCOUNT_TABS)[number]
