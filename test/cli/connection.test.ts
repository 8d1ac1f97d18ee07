import { expect, test } from 'vitest'
import { Connection } from '../../scripts/cli/connection.ts'
import { Misuse } from '../../scripts/cli/failure.ts'

const KEY = { RELAY_KEY: 'a-key-0123456789' }

test.each([
  ['http://127.0.0.1:8787', true],
  ['http://127.8.8.8', true],
  ['http://2130706433:8787', true],
  ['http://localhost:8787/', true],
  ['http://[::1]:8787', true],
  ['http://127.0.0.1.example.com', false],
  ['http://localhost.example.com', false],
  ['https://relay.example.com', false],
  ['http://0.0.0.0:8787', false],
  ['http://10.0.0.1:8787', false],
])('whether %s is on this machine: %s', (url, isOnLoopback) => {
  expect(new Connection(url, KEY).isOnLoopback).toBe(isOnLoopback)
})

test('the flag says where the relay is, else RELAY_URL, else the port of npm start', () => {
  const environment = { ...KEY, RELAY_URL: 'https://relay.example.com/' }
  expect(new Connection('http://127.0.0.1:1', environment).url).toBe('http://127.0.0.1:1')
  expect(new Connection(undefined, environment).url).toBe('https://relay.example.com')
  expect(new Connection(undefined, KEY).url).toBe('http://127.0.0.1:8787')
})

test.each([
  ['ftp://relay.example.com', KEY],
  ['relay.example.com', KEY],
  ['https://user:secret@relay.example.com', KEY],
  ['https://relay.example.com?key=secret', KEY],
  ['https://relay.example.com', {}],
  ['https://relay.example.com', { RELAY_KEY: 'sec\nret' }],
])('%s with %j is refused, and nothing of it is said again', (url, environment) => {
  const refused = (): Connection => new Connection(url, environment)
  expect(refused).toThrow(Misuse)
  expect(refused).not.toThrow(/secret|sec\nret/)
})
