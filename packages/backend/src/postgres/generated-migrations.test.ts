import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, it, onTestFinished } from 'vitest'
import { newDatabase, onDatabase } from '../../../store/src/testing/test-database.ts'
import { migrate } from './migrate.ts'
import { schemaText } from './schema-text.ts'

const root = join(import.meta.dirname, '../../../..')

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-generated-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const ask = (schema: string, ...args: string[]) => {
    const script = join(root, 'scripts/app-migrations.ts')
    const place = ['--schema', join(import.meta.dirname, `testing/schemas/${schema}.ts`), '--out', folder]
    const { status, stderr } = spawnSync(process.execPath, [script, ...args, ...place], { encoding: 'utf8', cwd: root })
    return { status, stderr }
  }
  return { folder, ask }
}

it('writes migrations whose up, down and up again leave the same schema, with what was added by hand', async () => {
  const { folder, ask } = setup()
  expect(ask('first', '--check').status).toBe(1)
  expect(ask('first', 'generate', '.', '--name', 'bays').status).toBe(0)
  expect(ask('first', '--check').status).toBe(0)
  expect(ask('second', '--check').status).toBe(1)
  // A rename that was taken for something new would drop what the column holds.
  expect(ask('second', 'generate', '.', '--name', 'bookings')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('bays.name'),
  })
  expect(ask('second', 'generate', '.', '--name', 'bookings', '--rename', 'bays.label=name').status).toBe(0)
  expect(ask('second', 'generate', '.', '--name', 'no-overlap', '--empty').status).toBe(0)
  const [one = '', , three = ''] = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  const byHand = `-- Up Migration
create extension btree_gist;
alter table bookings add constraint no_overlap exclude using gist (bay_id with =, during with &&);
-- Down Migration
alter table bookings drop constraint no_overlap;
drop extension btree_gist;
`
  writeFileSync(join(folder, three), byHand)
  expect(ask('second', '--check').status).toBe(0)
  expect(ask('second', 'generate', '.', '--name', 'again').status).toBe(1)
  expect(readFileSync(join(folder, three), 'utf8')).toBe(byHand)
  const { url, drop } = await newDatabase(inject('postgresUrl'))
  onTestFinished(drop)
  const { upgrade, downgrade } = migrate(url, folder)
  const empty = await schemaText(url)
  await upgrade({ to: one.slice(0, -4) })
  const [half, row] = [
    await schemaText(url),
    "insert into bays (label, size, owner) values ('BAY-001', 'LARGE', 'ann')",
  ]
  expect(half).toContain('forced=t')
  await onDatabase(url, row)
  await upgrade()
  const whole = await schemaText(url)
  expect(whole).toMatch(/no_overlap.*EXCLUDE/)
  await downgrade({ to: one.slice(0, -4) })
  expect(await schemaText(url)).toBe(half)
  await onDatabase(url, "do $$ begin assert (select label = 'BAY-001' and size = 'LARGE' from bays); end $$")
  await upgrade()
  expect(await schemaText(url)).toBe(whole)
  await downgrade({ to: 'base' })
  expect(await schemaText(url)).toBe(empty)
  // The generator is started ten times, and loads drizzle-kit each time.
}, 180_000)
