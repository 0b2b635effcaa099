import { AppError } from '@ikoma/kernel'
import { hashToken } from '@ikoma/kernel/node'
import { and, eq, isNull, lt, or } from 'drizzle-orm'
import { Secret, TOTP } from 'otpauth'
import type { Database, Transaction } from '../postgres/index.ts'
import { getAccount, lockAccount } from './accounts.ts'
import { isBlocked } from './attempt-rules.ts'
import { attemptKey, tooManyAttempts } from './attempts.ts'
import type { Context } from './context.ts'
import { identityRecoveryCodes, identityTotp } from './schema.ts'
import { openText, sealText } from './sealed-text.ts'

/** RFC 6238: 30 seconds a step, and one step before and after for clocks that differ and people who type slowly. */
const period = 30
const window = 1
const recoveryCodeCount = 10

export interface SecondFactorVerbs {
  /** A new secret, as text and for a QR code. It counts once a code of it was confirmed. */
  enrolTotp(accountId: string): Promise<{ secret: string; uri: string }>
  /** Turns it on; the recovery codes are shown this once. */
  confirmTotp(accountId: string, code: string): Promise<{ recoveryCodes: string[] }>
  /** Takes a code of it, or a recovery code. */
  removeTotp(accountId: string, code: string): Promise<void>
  hasTotp(accountId: string): Promise<boolean>
}

export function secondFactorVerbs(context: Context): SecondFactorVerbs {
  const { database, random, totp, attempts, rules, clock } = context
  return {
    hasTotp: (accountId) => needsSecondFactor(context, accountId),
    async enrolTotp(accountId) {
      const { email } = await getAccount(database.db, accountId)
      const secret = new Secret({ buffer: new Uint8Array(random.bytes(20)).buffer })
      const secretSealed = sealText(secret.base32, totp.sealKey, accountId)
      const row = { secretSealed, confirmed: false, lastStep: null }
      const [written] = await database.db
        .insert(identityTotp)
        .values({ accountId, ...row })
        .onConflictDoUpdate({ target: identityTotp.accountId, set: row, setWhere: eq(identityTotp.confirmed, false) })
        .returning()
      if (!written) {
        const message = 'An authenticator is on already: remove it first.'
        throw new AppError('conflict', message, { reason: 'second_factor_already_on' })
      }
      return { secret: secret.base32, uri: totpOf(secret, totp.issuer, email).toString() }
    },
    confirmTotp: (accountId, code) =>
      database.transaction(async (tx) => {
        await lockAccount(tx, accountId)
        if (!(await takeTotp(tx, context, { accountId, code, confirmed: false }))) throw wrongCode()
        await tx.update(identityTotp).set({ confirmed: true }).where(eq(identityTotp.accountId, accountId))
        const recoveryCodes = Array.from({ length: recoveryCodeCount }, () => newRecoveryCode(random.bytes(10)))
        await tx.delete(identityRecoveryCodes).where(eq(identityRecoveryCodes.accountId, accountId))
        const rows = recoveryCodes.map((each) => ({ accountId, hash: hashToken(plain(each)), usedAt: null }))
        await tx.insert(identityRecoveryCodes).values(rows)
        return { recoveryCodes }
      }),
    async removeTotp(accountId, code) {
      // Who took over a session must not find the code by trying them all.
      const key = attemptKey('remove-totp', accountId)
      const state = (await attempts.find([key])).get(key) ?? null
      if (state && isBlocked(state, clock.now())) throw tooManyAttempts(state.blockedUntil, clock.now())
      const removed = await database.transaction(async (tx) => {
        await lockAccount(tx, accountId)
        if (!(await takeCode(tx, context, accountId, code))) return false
        await tx.delete(identityTotp).where(eq(identityTotp.accountId, accountId))
        await tx.delete(identityRecoveryCodes).where(eq(identityRecoveryCodes.accountId, accountId))
        return true
      })
      if (removed) return
      await attempts.fail(new Map([[key, rules.code]]))
      throw wrongCode()
    },
  }
}

export async function needsSecondFactor({ database }: { database: Database }, accountId: string): Promise<boolean> {
  const [row] = await database.db
    .select({ confirmed: identityTotp.confirmed })
    .from(identityTotp)
    .where(eq(identityTotp.accountId, accountId))
  return row?.confirmed ?? false
}

/** Each code is taken once, also by two who send it at the same moment. */
export function checkSecondFactor(context: Context, accountId: string, code: string): Promise<boolean> {
  return context.database.transaction((tx) => takeCode(tx, context, accountId, code))
}

async function takeCode(tx: Transaction, context: Context, accountId: string, code: string): Promise<boolean> {
  if (/^\d{6}$/.test(code.trim())) return takeTotp(tx, context, { accountId, code: code.trim(), confirmed: true })
  const { accountId: owner, hash, usedAt } = identityRecoveryCodes
  const used = await tx
    .update(identityRecoveryCodes)
    .set({ usedAt: new Date(context.clock.now()) })
    .where(and(eq(owner, accountId), eq(hash, hashToken(plain(code))), isNull(usedAt)))
    .returning()
  return used.length === 1
}

async function takeTotp(
  tx: Transaction,
  { clock, totp }: Context,
  { accountId, code, confirmed }: { accountId: string; code: string; confirmed: boolean },
): Promise<boolean> {
  const [row] = await tx.select().from(identityTotp).where(eq(identityTotp.accountId, accountId))
  if (!row || row.confirmed !== confirmed) return false
  const secret = Secret.fromBase32(openText(row.secretSealed, totp.sealKey, accountId))
  const now = clock.now()
  const delta = totpOf(secret, totp.issuer, '').validate({ token: code, timestamp: now, window })
  if (delta === null) return false
  const step = Math.floor(now / 1000 / period) + delta
  const { accountId: owner, lastStep } = identityTotp
  const taken = await tx
    .update(identityTotp)
    .set({ lastStep: step })
    .where(and(eq(owner, accountId), or(isNull(lastStep), lt(lastStep, step))))
    .returning()
  return taken.length === 1
}

function totpOf(secret: Secret, issuer: string, label: string): TOTP {
  return new TOTP({ issuer, label, secret, period, digits: 6, algorithm: 'SHA1' })
}

/** 80 bits, in fours: `K3QD-7XWA-...`. */
function newRecoveryCode(bytes: Uint8Array): string {
  const text = new Secret({ buffer: new Uint8Array(bytes).buffer }).base32
  return text.match(/.{1,4}/g)?.join('-') ?? text
}

function plain(code: string): string {
  return code.toUpperCase().replace(/[^A-Z2-7]/g, '')
}

function wrongCode(): AppError {
  const fields = [{ field: 'code', message: 'is wrong or was used before' }]
  const options = { reason: 'second_factor_wrong', fields }
  return new AppError('unprocessable', 'The code is wrong or was used before.', options)
}
