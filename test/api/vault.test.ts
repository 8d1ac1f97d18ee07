import { expect, test } from 'vitest'
import { VaultError, vaultOf } from '../../src/store/vault.ts'

const KEY = 'an-encryption-key-of-the-test'

test('what is sealed opens again with the same key, and is never sealed the same way twice', async () => {
  const vault = await vaultOf([KEY])
  for (const text of ['', 'secret', 'नमस्ते 📞', 'x'.repeat(5_000)]) {
    const [one, two] = await Promise.all([vault.seal(text), vault.seal(text)])
    expect(one).toMatch(/^v1\.[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(one).not.toBe(two)
    expect(await vault.open(one)).toBe(text)
  }
})

test('what another key sealed, or what is damaged, does not open, and says which', async () => {
  const [vault, other] = await Promise.all([vaultOf([KEY]), vaultOf([`${KEY}-2`])])
  const sealed = await vault.seal('secret')
  await expect(other.open(sealed)).rejects.toThrow(new VaultError('sealed with another ENCRYPTION_KEY'))
  const damaged = sealed.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')).replace(/\.(.)([^.]*)$/, '._$2')
  await expect(vault.open(damaged)).rejects.toThrow(VaultError)
  await expect(vault.open('secret')).rejects.toThrow(VaultError)
})

test('a vault opens what former keys sealed, and seals with the current one alone', async () => {
  const [current, former, older] = [`${KEY}-3`, `${KEY}-2`, KEY] as const
  const vault = await vaultOf([current, former, older])
  for (const key of [current, former, older]) {
    expect(await vault.open(await (await vaultOf([key])).seal('secret'))).toBe('secret')
  }
  const sealed = await vault.seal('secret')
  expect(await (await vaultOf([current])).open(sealed)).toBe('secret')
  await expect((await vaultOf([former])).open(sealed)).rejects.toThrow(VaultError)
})
