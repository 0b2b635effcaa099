import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { placeSelftest, setup, type World } from '../testing/world.ts'

let world: World
beforeEach(async () => {
  world = await setup()
})
afterEach(() => world.close())

/** The rows of a copy, in the place of those that are there: what a restored backup or a standby that lagged behind has. */
function putBack(copy: string): void {
  const database = new DatabaseSync(world.file, { timeout: 5_000 })
  const triggers = database.prepare("select name, sql from sqlite_schema where type = 'trigger'").all()
  database.exec(`attach '${copy}' as former; begin immediate`)
  for (const { name } of triggers) database.exec(`drop trigger ${name}`)
  for (const table of ['orders', 'audit'])
    database.exec(`delete from main.${table}; insert into main.${table} select * from former.${table}`)
  for (const { sql } of triggers) database.exec(String(sql))
  database.exec('commit')
  database.close()
}

test('of a database that is older than what was acknowledged nothing is claimed or placed, and it is said why', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-put-back-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const copy = join(folder, 'copy.db')
  const { id, claim } = await world.createRunner()
  await placeSelftest(world, id)
  const database = new DatabaseSync(world.file)
  database.exec(`vacuum into '${copy}'`)
  database.close()
  await claim()
  await world.witness.look()
  putBack(copy)
  expect(await world.witness.look()).toBe(false)
  await expect(claim()).rejects.toThrow('claim answered 204')
  const refused = await world.admin('POST', '/v1/orders', { body: { type: 'runner.selftest', runnerId: id } })
  expect([refused.status, refused.body.reason]).toEqual([503, 'audit_contradicted'])
  expect(refused.body.detail).toContain('ikoma audit verify')
})
