import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readOrMakeSecretFile, readSecretFile, replaceSecretFile } from './secret-file.ts'

function setup(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-secret-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('makes the secret once, readable by its owner alone, and leaves nothing else behind', () => {
  const folder = setup()
  const path = join(folder, 'keys', 'a.key')
  expect(readOrMakeSecretFile(path, () => 'first')).toEqual({ content: 'first', made: true })
  expect(readOrMakeSecretFile(path, () => 'second')).toEqual({ content: 'first', made: false })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(folder, 'keys'))).toEqual(['a.key'])
})

test('refuses a secret that others can read, and says how to mend it', () => {
  const path = join(setup(), 'a.key')
  readOrMakeSecretFile(path, () => 'secret')
  chmodSync(path, 0o644)
  expect(() => readOrMakeSecretFile(path, () => 'x')).toThrow(`chmod 600 ${path}`)
})

test('refuses an empty secret: everybody could guess it', () => {
  const path = join(setup(), 'a.key')
  writeFileSync(path, '\n', { mode: 0o600 })
  expect(() => readOrMakeSecretFile(path, () => 'x')).toThrow('is empty')
})

test('puts a new content in its place, readable by its owner alone, and leaves nothing else behind', () => {
  const folder = setup()
  const path = join(folder, 'keys', 'a.json')
  for (const content of ['first', 'second']) {
    replaceSecretFile(path, content)
    expect(readSecretFile(path)).toBe(content)
  }
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(folder, 'keys'))).toEqual(['a.json'])
})
