import { runnerTokenPrefix } from '@ikoma/api'
import { hashToken, newToken } from '@ikoma/kernel/node'
import { type Identity, readIdentity, writeIdentity } from './identity.ts'

export interface IdentityHolder {
  current(): Identity
  /** Reads the credential again; true when it is another one. */
  reload(): Promise<boolean>
  /** Makes a token of its own and has `tell` tell its hash; the present one is good until that has come back. */
  renew(tell: (tokenHash: string) => Promise<void>): Promise<void>
}

interface Holding {
  stateDir: string
  /** Instead of what was kept at enrolment. */
  url?: string
  ca?: string
}

export async function identityHolder({ stateDir, url, ca }: Holding): Promise<IdentityHolder> {
  const instead = { ...(url !== undefined && { url }), ...(ca !== undefined && { ca }) }
  const read = async () => ({ ...(await readIdentity(stateDir)), ...instead })
  let identity: Identity = await read()
  const take = async (token: string) => {
    await writeIdentity(stateDir, { token, nextToken: undefined })
    identity = await read()
  }
  return {
    current: () => identity,
    async reload() {
      const before = identity
      // Half-written by an administrator, perhaps: what we have is as good until the next try.
      identity = await read().catch(() => before)
      if (identity.token !== before.token || identity.privateKeyPem !== before.privateKeyPem) return true
      // It was told, and the answer was lost, if the one before is refused now.
      if (identity.nextToken === undefined) return false
      await take(identity.nextToken)
      return true
    },
    async renew(tell) {
      const next = identity.nextToken ?? newToken(runnerTokenPrefix)
      // Before it is told: told and then forgotten, it would lock this server out.
      if (identity.nextToken !== next) await writeIdentity(stateDir, { nextToken: next })
      identity = { ...identity, nextToken: next }
      await tell(hashToken(next))
      await take(next)
    },
  }
}
