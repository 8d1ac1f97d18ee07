/**
 * The variables that hold a number of the customer, of an agent or of the account, by which people look for a call. Some
 * hold an object, or several, with the numbers of an agent inside.
 */
export const NUMBER_VARIABLES = [
  'caller_id_number',
  'call_to_number',
  'customer_number',
  'customer_number_with_prefix',
  'customer_no_with_prefix',
  'answered_agent_number',
  'answer_agent_number',
  'agent_number',
  'first_missed_agent_number',
  'first_missed_agent_follow_me_number',
  'answered_agent',
  'missed_agent',
] as const

/** The numbers of an agent in an object that tells of one. */
export const AGENT_NUMBERS = ['number', 'agent_number', 'follow_me_number'] as const
