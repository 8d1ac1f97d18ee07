import { expect, test } from 'vitest'
import { namesOf, sessionName, shortId } from '../../../dashboard/src/pages/audit/names.ts'

function entry(
  object_id: string,
  before: Record<string, unknown> | null,
  after: Record<string, unknown> | null,
) {
  return { object_id, before, after }
}

test('what is there is called as it is called now', () => {
  const names = namesOf([entry('wh_1', { name: 'Old' }, { name: 'Newer' })], [{ id: 'wh_1', name: 'Newest' }])
  expect(names.get('wh_1')).toBe('Newest')
})

test('what is gone is called as its newest entry has it', () => {
  const names = namesOf([
    entry('wh_1', { name: 'Last' }, null),
    entry('wh_1', { name: 'First' }, { name: 'Last' }),
    entry('wh_1', null, { name: 'First' }),
  ])
  expect(names.get('wh_1')).toBe('Last')
})

test('an entry of a session names it by its user, and an entry without a name names nothing', () => {
  const names = namesOf([
    entry('ses_1', null, { user: { id: '42', name: 'Asha Rao' } }),
    entry('ses_2', null, { user: null }),
  ])
  expect([...names]).toEqual([['ses_1', 'Asha Rao']])
})

test('a session is called by its user, else by the key that it was opened with', () => {
  const keys = [{ id: 'key_1', name: 'Panel' }]
  expect(sessionName({ user: { name: 'Asha Rao' }, key_id: 'key_1' }, keys)).toBe('Asha Rao')
  expect(sessionName({ user: null, key_id: 'key_1' }, keys)).toBe('Panel')
  expect(sessionName({ user: null, key_id: null }, keys)).toBeNull()
})

test('an id is shortened, and nothing else is', () => {
  expect(shortId('key_01M8GHMYQ86Y9QHQVBQGF0ASGS')).toBe('key_…F0ASGS')
  expect(['call_answered_by_agent', '+918069010148', 'key_'].map(shortId)).toEqual([
    'call_answered_by_agent',
    '+918069010148',
    'key_',
  ])
})
