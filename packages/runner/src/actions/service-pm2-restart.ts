import type { OutputOf, PayloadOf } from '@ikoma/api'
import { findPm2Processes, listPm2, pm2, pm2Account, pm2Stays } from '@ikoma/machine/pm2'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { shownPm2 } from './pm2.ts'

type Payload = PayloadOf<'service.pm2.restart'>

export async function restartPm2(
  { user, name, settleSec }: Payload,
  { machine, dryRun, step }: ActionContext,
): Promise<ActionResult<OutputOf<'service.pm2.restart'>>> {
  const account = await pm2Account(machine, user)
  const before = await findPm2Processes(machine, account, name)
  if (dryRun) return { ...shownPm2(user, before), summary: `Would restart ${name}.` }
  await step(`restart ${name}`, () => pm2(machine, account, ['restart', name]))
  await step('verify', () => pm2Stays(machine, account, { names: [name], settleSec }))
  return shownPm2(user, await listPm2(machine, account))
}
