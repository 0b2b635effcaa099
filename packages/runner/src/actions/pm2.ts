import type { OutputOf, PayloadOf } from '@ikoma/api'
import {
  findPm2Processes,
  listPm2,
  noPm2,
  type Pm2State,
  pm2Account,
  pm2Daemon,
  pm2Processes,
  pm2Saved,
  pm2Stays,
  pm2Stopped,
  readPm2Log,
  pm2 as runPm2,
} from '@ikoma/machine/pm2'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { namedBy } from '../order/policy.ts'
import { converging } from './converging.ts'

export const pm2 = {
  'service.pm2.startup': converging((wanted, named) => [pm2Daemon(wanted, named)]),
  'service.pm2.apply': converging((wanted, named) => [pm2Processes(wanted, named)]),
  'service.pm2.restart': restart,
  'service.pm2.stop': converging((process, named) => [pm2Stopped(process, named)]),
  'service.pm2.status': showStatus,
  'service.pm2.logs': readLogs,
  'service.pm2.save': converging(({ user }, named) => [pm2Saved(user, named)]),
  'service.pm2.remove': converging(({ user }, named) => [noPm2(user, named)]),
} satisfies FamilyActions<'pm2'>

async function restart(
  { user, name, settleSec }: PayloadOf<'service.pm2.restart'>,
  { machine, dryRun, step, policy }: ActionContext,
): Promise<ActionResult<OutputOf<'service.pm2.restart'>>> {
  const account = await pm2Account(machine, user, namedBy(policy))
  const before = await findPm2Processes(machine, account, name)
  if (dryRun) return { ...shown(user, before), summary: `Would restart ${name}.` }
  await step(`restart ${name}`, () => runPm2(machine, account, ['restart', name]))
  await step('verify', () => pm2Stays(machine, account, { names: [name], settleSec }))
  return shown(user, await listPm2(machine, account))
}

async function showStatus(
  { user }: PayloadOf<'service.pm2.status'>,
  { machine, log, policy }: ActionContext,
): Promise<ActionResult<OutputOf<'service.pm2.status'>>> {
  const processes = await listPm2(machine, await pm2Account(machine, user, namedBy(policy)))
  for (const { name, status } of processes) log(`${name}: ${status}`)
  return shown(user, processes)
}

async function readLogs(
  { user, name, lines }: PayloadOf<'service.pm2.logs'>,
  { machine, policy }: ActionContext,
): Promise<ActionResult<OutputOf<'service.pm2.logs'>>> {
  const account = await pm2Account(machine, user, namedBy(policy))
  // Its instances write to the same two files.
  const [process] = await findPm2Processes(machine, account, name)
  const out = process ? await readPm2Log(machine, account, process.outFile, lines) : []
  const error = process ? await readPm2Log(machine, account, process.errorFile, lines) : []
  return { ok: true, summary: `${out.length} lines and ${error.length} errors of ${name}.`, output: { out, error } }
}

function shown(user: string, states: readonly Pm2State[]): ActionResult<OutputOf<'service.pm2.status'>> {
  const processes = states.map(({ revision: _, outFile: __, errorFile: ___, ...state }) => state)
  const online = processes.filter(({ status }) => status === 'online').length
  return { ok: true, summary: `${online} of ${processes.length} processes of ${user} run.`, output: { processes } }
}
