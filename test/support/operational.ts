import { api } from './relay.ts'

export interface OperationalWebhook {
  id: string
  account_id: string
  url: string
  events: string[]
  headers: { key: string; value: string }[]
  status: string
  [field: string]: unknown
}

const path = (account: string) => `/v1/operational-webhook?account_id=${account}`

export async function putOperational(account: string, body: object) {
  return api<OperationalWebhook>('PUT', path(account), body)
}

export async function getOperational(account: string) {
  return api<OperationalWebhook>('GET', path(account))
}

export async function deleteOperational(account: string) {
  return api('DELETE', path(account))
}
