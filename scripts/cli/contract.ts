/** What the relay answers, and what lists may be asked for, as the typed client has them. */
import type { InferRequestType, InferResponseType } from 'hono/client'
import type { Client } from './connection.ts'

export type { Page } from '../../src/api/http/list.ts'

export type Timeline = InferResponseType<Client['v1']['call']['$get'], 200>
export type TimelineEvent = Timeline['events'][number]
export type TimelineDelivery = TimelineEvent['deliveries'][number]
export type TimelineAttempt = TimelineDelivery['attempts'][number]
export type Wait = TimelineDelivery['waits'][number]

export type ListedCall = InferResponseType<Client['v1']['calls']['$get'], 200>['data'][number]

export type DeliveriesQuery = Omit<
  InferRequestType<Client['v1']['deliveries']['$get']>['query'],
  'account_id'
>
export type CallsQuery = Omit<InferRequestType<Client['v1']['calls']['$get']>['query'], 'account_id'>
