import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auditKeyOf } from '@ikoma/domain/audit-chain'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { openKeyring } from '../keyring.ts'
import { setup, type World } from '../testing/world.ts'
import { auditRuleOf, settleAudit } from './audit-rule.ts'

let world: World
let keys: string
beforeEach(async () => {
  world = await setup()
  keys = mkdtempSync(join(tmpdir(), 'ikoma-keys-'))
  onTestFinished(() => rmSync(keys, { recursive: true }))
})
afterEach(() => world.close())

const file = () => join(keys, 'versions.json')
const kept = () => JSON.parse(readFileSync(file(), 'utf8'))
/** As a process that starts does, which asks the folder anew. */
async function settle(): Promise<number | null> {
  await settleAudit(openKeyring(keys), world.store)
  return openKeyring(keys).auditKeyedFrom()
}
/** As a former version left it. */
const unmark = () => world.editDatabase("update audit set mac = '' where seq > ?", [0])

test('a new database has a key from its first entry on', async () => {
  expect(await settle()).toBe(1)
  expect([kept(), statSync(file()).mode & 0o777]).toEqual([{ auditKeyedFrom: 1 }, 0o600])
})

test('a database of a former version has it from the next entry on, whatever is done to it later', async () => {
  await world.createRunner()
  await unmark()
  expect(await settle()).toBe(2)
  await world.createRunner()
  await unmark()
  expect(await settle()).toBe(2)
})

test('when the file is lost, the first entry under the key says from when on', async () => {
  await world.createRunner()
  await unmark()
  await world.createRunner()
  await world.createRunner()
  expect(await settle()).toBe(2)
})

test('what somebody else kept in the file stays, and so does this', async () => {
  await world.createRunner()
  writeFileSync(file(), '{"seals":{"form":2,"formerUntil":5,"more":1},"other":{}}', { mode: 0o600 })
  expect(await settle()).toBe(1)
  expect(kept()).toEqual({ seals: { form: 2, formerUntil: 5, more: 1 }, other: {}, auditKeyedFrom: 1 })
  openKeyring(keys).noteFormerUntil(9)
  expect(kept()).toEqual({ seals: { form: 2, formerUntil: 9 }, other: {}, auditKeyedFrom: 1 })
})

test.each([
  ['cut off', '{"auditKeyedFrom":'],
  ['of another shape', '{"seals":{"form":2}}'],
  ['with a time that is none', '{"seals":{"form":2,"formerUntil":"later"}}'],
  ['with a number that is none', '{"auditKeyedFrom":null}'],
])('a file %s is refused: guessing would excuse what was written since', (_how, content) => {
  writeFileSync(file(), content, { mode: 0o600 })
  expect(() => openKeyring(keys)).toThrow('versions.json is damaged')
})

test.each([0o640, 0o620, 0o604, 0o602])(
  'a file of mode %o is refused: others could say since when they were watched',
  (mode) => {
    writeFileSync(file(), '{}')
    chmodSync(file(), mode)
    expect(() => openKeyring(keys)).toThrow('versions.json can be read by others. Run: chmod 600')
  },
)

test('entries without a mark are taken as long as rows of a former version are, on a database that several can have', () => {
  const keyring = openKeyring(keys)
  keyring.noteAuditKeyedFrom(2)
  expect(auditRuleOf(keyring, 'postgres')).toMatchObject({ keyedFrom: 2, unkeyedUntil: 0 })
  keyring.noteFormerUntil(86_400_007)
  const key = auditKeyOf(keyring.sealKey)
  expect(auditRuleOf(keyring, 'postgres')).toEqual({ key, keyedFrom: 2, unkeyedUntil: 86_400_007 })
  expect(auditRuleOf(keyring, 'sqlite')).toMatchObject({ unkeyedUntil: 0 })
})
