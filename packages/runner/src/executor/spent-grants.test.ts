import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Grant, grantSkewMs } from '@ikoma/api'
import { newId } from '@ikoma/kernel'
import { describe, expect, test } from 'vitest'
import { notBefore } from '../order/grant-memory.ts'
import { temporaryDirectory } from '../testing/setup.ts'
import { grantOf } from '../testing/signed-claim.ts'
import { newestSpent, spendGrant } from './spent-grants.ts'

const noon = Date.UTC(2026, 0, 15, 12)
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const runnerId = newId()
const bounds = { maxRecords: 20_000, lookEvery: 1 }

/** An order and the grants of its attempts. */
function order(more: Partial<Grant> = {}) {
  const orderId = newId()
  return (attempt: number, issuedAt = noon) =>
    grantOf({ runnerId, orderId, attempt, issuedAt, expiresAt: noon + day, ...more })
}

async function setup() {
  const stateDir = await temporaryDirectory()
  const names = () => readdirSync(join(stateDir, 'spent'))
  return { stateDir, names, spend: (grant: Grant, more = bounds) => spendGrant(stateDir, grant, more) }
}

describe('a spent grant', () => {
  test('is refused the second time, and so are two at once but for one', async () => {
    const { spend } = await setup()
    const grant = order()(1)
    const answers = await Promise.all([spend(grant), spend(grant), spend(grant)])
    expect(answers.filter((answer) => answer === null)).toHaveLength(1)
    expect(await spend(grant)).toBe('This grant was executed here before.')
  })

  test('of an order that was set back in the database is refused under a fresh grant, until the order expires', async () => {
    const { spend } = await setup()
    const of = order()
    expect(await spend(of(2))).toBe(null)
    for (const passed of [minute, hour, day - 1]) {
      // Others go on, and move the time.
      expect(await spend(order({ expiresAt: noon + 9 * day })(1, noon + passed))).toBe(null)
      expect(await spend(of(1, noon + passed))).not.toBe(null)
      expect(await spend(of(2, noon + passed))).not.toBe(null)
    }
  })

  test('is no measure of time before there is one', async () => {
    expect((await newestSpent(await temporaryDirectory())).issuedAt).toBe(Number.NEGATIVE_INFINITY)
  })

  test('in another case of the same id is the same', async () => {
    const { spend } = await setup()
    const grant = order()(1)
    expect(await spend(grant)).toBe(null)
    expect(await spend({ ...grant, orderId: grant.orderId.toUpperCase() })).not.toBe(null)
  })

  test('is kept for as long as its order may be given again, however long that is', async () => {
    const { spend, names } = await setup()
    const [week, endless, short] = [order({ expiresAt: noon + 7 * day })(1), order({ expiresAt: null })(1), order()(1)]
    for (const grant of [week, endless, short]) expect(await spend(grant)).toBe(null)
    expect(await spend(order({ expiresAt: noon + 9 * day })(1, noon + 6 * day))).toBe(null)
    expect(names()).toContain(`${week.orderId}.1`)
    expect(names()).not.toContain(`${short.orderId}.1`)
    expect(await spend(order({ expiresAt: null })(1, noon + 400 * day))).toBe(null)
    expect(names()).toContain(`${endless.orderId}.1`)
    expect(names()).not.toContain(`${week.orderId}.1`)
  })

  test('is kept until the last millisecond of its order', async () => {
    const { spend, names } = await setup()
    const short = order()(1)
    const others = order({ expiresAt: noon + 9 * day })
    for (const [attempt, passed, kept] of [
      [1, day, true],
      [2, day + 1, false],
    ] as const) {
      if (attempt === 1) expect(await spend(short)).toBe(null)
      expect(await spend({ ...others(attempt, noon + passed + grantSkewMs), maxAttempts: 9 })).toBe(null)
      expect(names().includes(`${short.orderId}.1`)).toBe(kept)
    }
  })

  test('that was forgotten does not come to life when the clock is set back', async () => {
    const { spend, names, stateDir } = await setup()
    const old = order()(1)
    expect(await spend(old)).toBe(null)
    expect(await spend(order({ expiresAt: noon + 9 * day })(1, noon + 2 * day))).toBe(null)
    expect(names()).not.toContain(`${old.orderId}.1`)
    // By the clock of the server it is noon again; by what was signed it is not.
    expect(notBefore(await newestSpent(stateDir), old)).toBe(noon + 2 * day - grantSkewMs)
    expect(await spend(old)).toBe('This grant is older than what is remembered here.')
  })

  test('never lowers the time, whichever comes first', async () => {
    const { spend, stateDir, names } = await setup()
    await Promise.all([3, 1, 4, 1, 5].map((n) => spend(order()(1, noon + n * minute))))
    expect((await newestSpent(stateDir)).issuedAt).toBe(noon + 5 * minute)
    await spend(order()(1, noon))
    expect((await newestSpent(stateDir)).issuedAt).toBe(noon + 5 * minute)
    expect(names().filter((name) => name.startsWith('at.')).length).toBeLessThanOrEqual(5)
  })

  test('is one of as many as the order has attempts', async () => {
    const { spend } = await setup()
    const of = order({ maxAttempts: 2 })
    expect(await spend(of(1))).toBe(null)
    expect(await spend(of(2))).toBe(null)
    expect(await spend({ ...of(3), lostClaims: 1 })).toContain('2 times, which is all it has')
  })

  test('that a former version wrote is kept for a week', async () => {
    const { stateDir, spend, names } = await setup()
    await mkdir(join(stateDir, 'spent'))
    const [recent, old] = [order()(1), order()(1)]
    for (const [{ orderId }, at] of [[recent, noon - day] as const, [old, noon - 8 * day] as const]) {
      writeFileSync(join(stateDir, 'spent', `${orderId}.1`), '')
      utimesSync(join(stateDir, 'spent', `${orderId}.1`), at / 1000, at / 1000)
    }
    expect(await spend(order()(1, noon + grantSkewMs + 1))).toBe(null)
    expect(names()).toContain(`${recent.orderId}.1`)
    expect(names()).not.toContain(`${old.orderId}.1`)
    expect(await spend(recent)).not.toBe(null)
  })

  test('is one of a bounded number: what is forgotten for want of room is refused', async () => {
    const { spend, names } = await setup()
    const few = { maxRecords: 20, lookEvery: 8 }
    const grants = Array.from({ length: 60 }, () => order()(1))
    for (const grant of grants) expect(await spend(grant, few)).toBe(null)
    expect(names().length).toBeLessThan(32)
    const nameOf = ({ orderId }: Grant) => `${orderId}.1`
    expect(names(), 'the newest are kept').toEqual(expect.arrayContaining(grants.slice(-18).map(nameOf)))
    expect(grants.slice(0, 25).filter((grant) => names().includes(nameOf(grant)))).toEqual([])
    for (const grant of grants) expect(await spend(grant, few)).not.toBe(null)
    expect(await spend(order()(1), few)).toBe(null)
  })

  test('of a clock that was years ahead binds no later one, as the audit shows, and what was before it is not done again', async () => {
    const { spend, stateDir, names } = await setup()
    const signed = (seq: number, issuedAt: number) => order({ auditHead: { seq, hash: 'h' } })(1, issuedAt)
    const before = signed(10, noon)
    expect(await spend(before)).toBe(null)
    expect(await spend(signed(12, noon + 400 * day))).toBe(null)
    expect(names(), 'forgotten by the wrong time').not.toContain(`${before.orderId}.1`)
    const [unknown, later] = [signed(12, noon + minute), signed(13, noon + minute)]
    const newest = await newestSpent(stateDir)
    expect(notBefore(newest, unknown)).toBe(noon + 400 * day - grantSkewMs)
    expect(notBefore(newest, later)).toBeLessThan(noon)
    expect(await spend(later)).toBe(null)
    expect(await newestSpent(stateDir)).toEqual({ issuedAt: noon + minute, seq: 13, floorSeq: 12 })
    expect(await spend(before)).toBe('This grant is older than what is remembered here.')
    expect(await spend(signed(13, noon + 2 * minute))).toBe(null)
    expect(names().filter((name) => name.startsWith('at.') || name.startsWith('seq'))).toHaveLength(3)
  })
})
