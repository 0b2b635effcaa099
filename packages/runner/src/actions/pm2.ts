import type { OutputOf, PayloadOf } from '@ikoma/api'
import { listPm2, type Pm2State, pm2Account } from '@ikoma/machine/pm2'
import type { ActionContext, ActionResult } from '../order/action.ts'

type Output = OutputOf<'service.pm2.status'>

export async function showPm2(
  { user }: PayloadOf<'service.pm2.status'>,
  { machine, log }: ActionContext,
): Promise<ActionResult<Output>> {
  const processes = await listPm2(machine, await pm2Account(machine, user))
  for (const { name, status } of processes) log(`${name}: ${status}`)
  return shownPm2(user, processes)
}

export function shownPm2(user: string, states: readonly Pm2State[]): ActionResult<Output> {
  const processes = states.map(({ revision: _, outFile: __, errorFile: ___, ...state }) => state)
  const online = processes.filter(({ status }) => status === 'online').length
  return { ok: true, summary: `${online} of ${processes.length} processes of ${user} run.`, output: { processes } }
}
