import { userInfo } from 'node:os'
import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import { readAccounts } from './local-accounts.ts'

/** The account that we are ourselves. */
export async function ownAccount(): Promise<{ owner: string; group: string }> {
  const { uid, gid } = userInfo()
  const accounts = await readAccounts()
  return { owner: accounts.userOf(uid), group: accounts.groupOf(gid) }
}

/** The home of a user who is there. */
export async function homeOf(host: Host, user: string): Promise<string> {
  const line = await outputOf(host, { argv: ['getent', 'passwd', '--', user] })
  const [, , , , , home = ''] = line.trim().split(':')
  return home
}
