import { refuseOthersAccount } from '@ikoma/machine/safety'
import { ownAccount } from '@ikoma/machine/system'
import type { ActionContext } from '../order/action.ts'
import { namedBy } from '../order/policy.ts'

/**
 * Refuses to work as the account of a service or a person, with whose rights an order would read what is theirs: only as
 * ourselves, as an app's, as one that the policy names, and as the superuser that PostgreSQL's own programs are made for.
 */
export async function refuseOthersRights(user: string, { machine, policy }: ActionContext): Promise<void> {
  if (user === 'postgres' || user === (await ownAccount()).owner) return
  await refuseOthersAccount(machine, user, namedBy(policy))
}
