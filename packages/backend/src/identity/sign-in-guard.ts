import { hashToken } from '@ikoma/kernel/node'
import { and, eq, inArray } from 'drizzle-orm'
import { type AttemptRule, type AttemptState, guessesUnderAttack, isBlocked, isForgotten } from './attempt-rules.ts'
import { attemptKey, tooManyAttempts } from './attempts.ts'
import { networkOf } from './client-address.ts'
import type { Client, Context } from './context.ts'
import { identityKnownClients } from './schema.ts'

/** One sign-in: whose, from where, and under which keys its failures are counted. */
export interface SignInAttempt {
  emailKey: string
  knownAddress: boolean
  /** By the digest of its token; null for a device that this account has not signed in from, or that failed too often. */
  knownDevice: string | null
  keys: { client: string; address: string; account: string; code: string; wide: string }
  /** What is verified one after the other. */
  line: string
}

export function addressHash(address: string): string {
  return attemptKey('known-address', networkOf(address))
}

/** Where the attempt comes from, as the account knows it. An account that is not there knows nobody. */
export async function describeAttempt(
  context: Context,
  emailKey: string,
  accountId: string | null,
  client: Client,
): Promise<SignInAttempt> {
  const { knownAddress, device } = await findKnown(context, accountId, client)
  const network = networkOf(client.address)
  const ofDevice = device === null ? null : attemptKey('device', emailKey, device)
  const deviceState = ofDevice === null ? undefined : (await context.attempts.find([ofDevice])).get(ofDevice)
  // Who stole a device's token has no more than its guesses: then it is a stranger's.
  const knownDevice = device !== null && !isBlocked(deviceState ?? null, context.clock.now()) ? device : null
  const keys = {
    client: knownDevice !== null && ofDevice !== null ? ofDevice : attemptKey('client', emailKey, network),
    address: attemptKey('address', network),
    account: attemptKey('account', emailKey),
    code: attemptKey('code', emailKey),
    wide: attemptKey('wide', emailKey, networkOf(client.address, 48)),
  }
  const line = knownDevice !== null || knownAddress ? keys.client : keys.address
  return { emailKey, knownAddress, knownDevice, keys, line }
}

async function findKnown(
  { database }: Context,
  accountId: string | null,
  client: Client,
): Promise<{ knownAddress: boolean; device: string | null }> {
  const address = addressHash(client.address)
  const device = client.deviceToken ? hashToken(client.deviceToken) : null
  // As many questions for an account that is not there.
  const rows = await database.db
    .select()
    .from(identityKnownClients)
    .where(
      and(
        eq(identityKnownClients.accountId, accountId ?? '00000000-0000-0000-0000-000000000000'),
        inArray(identityKnownClients.hash, device === null ? [address] : [address, device]),
      ),
    )
  return {
    knownAddress: rows.some((row) => row.kind === 'address' && row.hash === address),
    device: rows.some((row) => row.kind === 'device' && row.hash === device) ? device : null,
  }
}

/** @throws AppError, before any password is looked at, when there were too many failures from there. */
export async function refuseBlocked(context: Context, attempt: SignInAttempt): Promise<void> {
  const { keys, knownAddress, knownDevice } = attempt
  const now = context.clock.now()
  const states = await context.attempts.find(Object.values(keys))
  const refuse = (state: AttemptState | undefined) => {
    if (state && isBlocked(state, now)) throw tooManyAttempts(state.blockedUntil, now)
  }
  refuse(states.get(keys.client))
  if (knownDevice !== null || knownAddress) return
  refuse(states.get(keys.address))
  const { account, client } = context.rules
  const onAccount = states.get(keys.account)
  const attacked = onAccount && onAccount.count >= account.limit && !isForgotten(onAccount, account, now)
  const guessed = states.get(keys.wide)
  if (!attacked || !guessed || guessed.count < guessesUnderAttack) return
  const until = guessed.lastAt.getTime() + client.blockMs
  if (until > now) throw tooManyAttempts(new Date(until), now)
}

/** A stranger's second factor, when many were wrong. */
export async function refuseBlockedCode(context: Context, { keys, ...attempt }: SignInAttempt): Promise<void> {
  if (attempt.knownDevice !== null || attempt.knownAddress) return
  const state = (await context.attempts.find([keys.code])).get(keys.code)
  if (state && isBlocked(state, context.clock.now())) throw tooManyAttempts(state.blockedUntil, context.clock.now())
}

/** Counts a failure; answers whether second factors have just been blocked by it. */
export async function countFailure(
  context: Context,
  { keys, knownDevice }: SignInAttempt,
  of: 'password' | 'code',
): Promise<boolean> {
  const { rules, attempts } = context
  const failed = new Map<string, AttemptRule>([[keys.client, rules.client]])
  // A device that the account knows is its owner's: what is mistyped there is no attack.
  if (knownDevice === null) {
    failed.set(keys.address, rules.address).set(keys.account, rules.account).set(keys.wide, rules.client)
    if (of === 'code') failed.set(keys.code, rules.code)
  }
  const after = await attempts.fail(failed)
  return after.get(keys.code)?.count === rules.code.limit
}
