import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { folderSecretKeys } from './secret-keys.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ikoma-keys-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('the first key is made when one is needed, and only its owner reads it', () => {
  const keys = folderSecretKeys(folder)
  expect(keys.find(1)).toBeNull()
  expect(keys.newest()).toMatchObject({ version: 1, bytes: expect.objectContaining({ length: 32 }) })
  expect(readdirSync(folder)).toEqual(['secrets-1.key'])
  expect(statSync(join(folder, 'secrets-1.key')).mode & 0o777).toBe(0o600)
})

test('a process that was told nothing uses the key that another made, and still opens with the former', () => {
  const [one, other] = [folderSecretKeys(folder), folderSecretKeys(folder)]
  const first = one.newest()
  expect(other.newest()).toEqual(first)
  const second = one.make()
  expect(second.version).toBe(2)
  expect(second.bytes).not.toEqual(first.bytes)
  expect([other.find(2), other.newest(), other.find(1)]).toEqual([second, second, first])
  one.removeBefore(2)
  expect([readdirSync(folder), one.find(1)]).toEqual([['secrets-2.key'], null])
})

test('the tenth key comes after the ninth, and other files are left alone', () => {
  writeFileSync(join(folder, 'secrets-x.key'), '')
  writeFileSync(join(folder, 'seal.key'), '')
  const keys = folderSecretKeys(folder)
  for (let version = 1; version <= 11; version += 1) expect(keys.make().version).toBe(version)
  expect(folderSecretKeys(folder).newest().version).toBe(11)
  keys.removeBefore(11)
  expect(readdirSync(folder).sort()).toEqual(['seal.key', 'secrets-11.key', 'secrets-x.key'])
})

test('a key that others can read, or that is none, is refused', () => {
  folderSecretKeys(folder).newest()
  chmodSync(join(folder, 'secrets-1.key'), 0o644)
  expect(() => folderSecretKeys(folder).newest()).toThrow('can be read by others')
  writeFileSync(join(folder, 'secrets-1.key'), 'short')
  chmodSync(join(folder, 'secrets-1.key'), 0o600)
  expect(() => folderSecretKeys(folder).newest()).toThrow('does not hold a key of 32 bytes')
})
