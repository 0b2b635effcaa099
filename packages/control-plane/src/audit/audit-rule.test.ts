import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { setup, type World } from '../testing/world.ts'
import { auditRuleOf, settleVersions } from './audit-versions.ts'

let world: World
let keys: string
beforeEach(async () => {
  world = await setup()
  keys = mkdtempSync(join(tmpdir(), 'ikoma-keys-'))
  onTestFinished(() => rmSync(keys, { recursive: true }))
})
afterEach(() => world.close())

const file = () => join(keys, 'versions.json')
const settle = (now = 7) => settleVersions(keys, world.store, now)
/** As a former version left it. */
const unmark = () => world.editDatabase("update audit set mac = '' where seq > ?", [0])

test('a new database has a key from its first entry on, and no former version', async () => {
  const versions = { migratedAt: null, auditKeyedFrom: 1 }
  expect(await settle()).toEqual(versions)
  expect([JSON.parse(readFileSync(file(), 'utf8')), statSync(file()).mode & 0o777]).toEqual([versions, 0o600])
})

test('a database of a former version has it from the next entry on, whatever is done to it later', async () => {
  await world.createRunner()
  await unmark()
  const versions = { migratedAt: 7, auditKeyedFrom: 2 }
  expect(await settle()).toEqual(versions)
  await world.createRunner()
  await unmark()
  expect(await settle(9)).toEqual(versions)
})

test('when the file is lost, the first entry under the key says from when on', async () => {
  await world.createRunner()
  await unmark()
  await world.createRunner()
  await world.createRunner()
  expect(await settle()).toEqual({ migratedAt: 7, auditKeyedFrom: 2 })
})

test('what somebody else kept in it stays', async () => {
  await world.createRunner()
  writeFileSync(file(), '{"seals":{"form":2}}', { mode: 0o600 })
  const versions = { migratedAt: null, auditKeyedFrom: 1 }
  expect(await settle()).toEqual(versions)
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ seals: { form: 2 }, ...versions })
})

test('a damaged file is refused: guessing would excuse what was written since', async () => {
  writeFileSync(file(), '{"auditKeyedFrom":', { mode: 0o600 })
  await expect(settle()).rejects.toThrow('versions.json is damaged')
})

test('a process of the former version may write beside this one for a day, on a database that several can have', () => {
  const key = new Uint8Array(32)
  const versions = { migratedAt: 7, auditKeyedFrom: 2 }
  expect(auditRuleOf(versions, 'postgres', key)).toEqual({ key, keyedFrom: 2, unkeyedUntil: 86_400_007 })
  expect(auditRuleOf(versions, 'sqlite', key)).toMatchObject({ unkeyedUntil: 0 })
  expect(auditRuleOf({ ...versions, migratedAt: null }, 'postgres', key)).toMatchObject({ unkeyedUntil: 0 })
})
