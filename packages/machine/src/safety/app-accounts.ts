import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import { isReservedAccount } from './reserved-accounts.ts'

/** Accounts and groups that no order made, and that the server's policy lets apps have all the same. */
export interface NamedAccounts {
  accounts: readonly string[]
  groups: readonly string[]
  /** What to write in the policy, and where, so that it names one more. */
  lineFor?: (key: 'appAccounts' | 'appGroups', name: string) => string
}

export const nobodyNamed: NamedAccounts = { accounts: [], groups: [] }

/**
 * The comment of the accounts that orders made. Root alone writes it: chfn(1) asks for a password, which these accounts and
 * those of services have not, and persons have other numbers than system accounts.
 */
export const appMark = 'IKOMA'
const maxSystemUid = 999

/** Refuses an account that no order made for an app and that the policy does not name: a service's, or a person's. */
export async function refuseOthersAccount(host: Host, user: string, named: NamedAccounts): Promise<void> {
  if (await isAppAccount(host, user, named)) return
  const way = `Name it in "appAccounts" of this server's policy, or take one that system.user.apply makes.${lineFor(named, 'appAccounts', user)}`
  throw new AppError('unprocessable', `The account ${user} was not made for an app. ${way}`, {
    reason: 'not_an_apps_account',
  })
}

/** Refuses groups that are no app's own and that the policy does not name: their members may read what is a service's. */
export async function refuseOthersGroups(host: Host, groups: readonly string[], named: NamedAccounts): Promise<void> {
  for (const group of groups) {
    if (await isAppGroup(host, group, named)) continue
    throw new AppError(
      'unprocessable',
      `The group ${group} is no app's own. Name it in "appGroups" of this server's policy if apps may be in it.${lineFor(named, 'appGroups', group)}`,
      { reason: 'not_an_apps_group' },
    )
  }
}

/** Said at the end of a refusal; nothing where nobody knows the policy's file. */
export function lineFor(named: NamedAccounts, key: 'appAccounts' | 'appGroups', name: string): string {
  return named.lineFor === undefined ? '' : ` ${named.lineFor(key, name)}`
}

/** Whether an order made the account for an app, or the policy names it. */
export async function isAppAccount(host: Host, user: string, { accounts }: NamedAccounts): Promise<boolean> {
  if (accounts.includes(user)) return true
  if (isReservedAccount(user)) return false
  const { code, stdout } = await host.run({ argv: ['getent', 'passwd', '--', user] })
  const [name, , uid = '', , comment] = stdout.trim().split(':')
  // Found by its number, it would be another than the one that was asked for.
  return code === 0 && name === user && comment === appMark && /^[1-9]\d*$/.test(uid) && Number(uid) <= maxSystemUid
}

/** The policy's, or what an app's account has as its own group: system.user.apply makes both under one name. */
async function isAppGroup(host: Host, group: string, named: NamedAccounts): Promise<boolean> {
  if (named.groups.includes(group)) return true
  if (!(await isAppAccount(host, group, named))) return false
  const { code } = await host.run({ argv: ['id', '--user', '--', group] })
  if (code !== 0) return false
  const own = await outputOf(host, { argv: ['id', '--group', '--name', '--', group] })
  return own.trim().split(' ')[0] === group
}
