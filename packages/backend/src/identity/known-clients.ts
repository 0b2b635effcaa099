import { hashToken, isToken } from '@ikoma/kernel/node'
import { and, desc, eq, inArray } from 'drizzle-orm'
import type { Transaction } from '../postgres/index.ts'
import type { Client, Context } from './context.ts'
import { identityKnownClients } from './schema.ts'
import { addressHash, type SignInAttempt } from './sign-in-guard.ts'

export const devicePrefix = 'dev'
/** Of each kind, for an account: the oldest go. */
const mostKnown = 20

type Kind = 'address' | 'device'

/** Remembers where an account signed in from; answers the token of the device, a new one for a new device. */
export async function rememberClient(
  tx: Transaction,
  { clock, random }: Pick<Context, 'clock' | 'random'>,
  { accountId, attempt, client }: { accountId: string; attempt: SignInAttempt; client: Client },
): Promise<string> {
  const known = attempt.knownDevice !== null && client.deviceToken
  const deviceToken = known && isToken(known, devicePrefix) ? known : random.token(devicePrefix)
  const lastSeenAt = new Date(clock.now())
  const rows = [
    { accountId, kind: 'address' as Kind, hash: addressHash(client.address), lastSeenAt },
    { accountId, kind: 'device' as Kind, hash: hashToken(deviceToken), lastSeenAt },
  ]
  await tx
    .insert(identityKnownClients)
    .values(rows)
    .onConflictDoUpdate({
      target: [identityKnownClients.accountId, identityKnownClients.kind, identityKnownClients.hash],
      set: { lastSeenAt },
    })
  for (const kind of ['address', 'device'] as const) await forgetOldest(tx, accountId, kind)
  return deviceToken
}

async function forgetOldest(tx: Transaction, accountId: string, kind: Kind): Promise<void> {
  const ofKind = and(eq(identityKnownClients.accountId, accountId), eq(identityKnownClients.kind, kind))
  const oldest = await tx
    .select({ hash: identityKnownClients.hash })
    .from(identityKnownClients)
    .where(ofKind)
    .orderBy(desc(identityKnownClients.lastSeenAt))
    .offset(mostKnown)
  if (oldest.length === 0) return
  const hashes = oldest.map(({ hash }) => hash)
  await tx.delete(identityKnownClients).where(and(ofKind, inArray(identityKnownClients.hash, hashes)))
}
