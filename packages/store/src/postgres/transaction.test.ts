import { expect, inject, it, onTestFinished } from 'vitest'
import { sealKey } from '../testing/fixtures.ts'
import { newDatabase } from '../testing/test-database.ts'
import { openPool } from './connection.ts'
import { rowSeals } from './row-seals.ts'
import { openPostgresStore } from './store.ts'
import { inTransaction } from './transaction.ts'

it('takes ROLLBACK for an answer to its COMMIT as what it is: nothing was written', async () => {
  const { url, drop } = await newDatabase(inject('postgresUrl'))
  await (await openPostgresStore({ sealKey, url })).close()
  const pool = openPool({ url, poolSize: 1, log: () => undefined })
  onTestFinished(async () => {
    await pool.end()
    await drop()
  })
  const seals = rowSeals({ sealKey }, { now: () => 0 })
  const work = inTransaction({ pool, seals, prepare: true, auditKey: null }, async (tx) => {
    await tx.begun
    await tx.rows({ name: 'write', text: "insert into leadership values ('a', 'b', 1, 1)" })
    // Somebody who passes over a failure leaves a transaction that cannot commit, and PostgreSQL says so in one word.
    await tx.rows({ name: 'fail', text: 'select 1 / 0' }).catch(() => undefined)
    return { value: 'done' }
  })
  await expect(work).rejects.toThrow('answered the commit with ROLLBACK')
  expect((await pool.query('select 1 from leadership')).rowCount).toBe(0)
})
