import type { OutputOf, PayloadOf } from '@ikoma/api'
import type { Host } from '@ikoma/machine'
import {
  becomePm2Ready,
  clockGoes,
  findPm2Processes,
  formerOf,
  isClock,
  leftOutOf,
  listPm2,
  noPm2,
  type Pm2Account,
  pm2Account,
  pm2Daemon,
  pm2Processes,
  pm2Saved,
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
  { user, name, ...gate }: PayloadOf<'service.pm2.restart'>,
  { machine, dryRun, step, policy }: ActionContext,
): Promise<ActionResult<OutputOf<'service.pm2.restart'>>> {
  const account = await pm2Account(machine, user, namedBy(policy))
  await findPm2Processes(machine, account, name)
  if (dryRun) return { ...(await shown(machine, account)), summary: `Would restart ${name}.` }
  const former = await formerOf(machine, account, name)
  const ends = await step(`restart ${name}`, async () => {
    await runPm2(machine, account, ['restart', name])
    return clockGoes(machine, account, name)
  })
  const watched = { names: [name], former: new Map([[name, former]]), formerPorts: former.ports, ...gate }
  if (!ends) await step('verify', () => becomePm2Ready(machine, account, watched))
  return shown(machine, account)
}

async function showStatus(
  { user }: PayloadOf<'service.pm2.status'>,
  { machine, log, policy }: ActionContext,
): Promise<ActionResult<OutputOf<'service.pm2.status'>>> {
  const result = await shown(machine, await pm2Account(machine, user, namedBy(policy)))
  for (const process of result.output.processes) log(lineOf(process))
  return result
}

async function readLogs(
  { user, name, lines }: PayloadOf<'service.pm2.logs'>,
  { machine, policy }: ActionContext,
): Promise<ActionResult<OutputOf<'service.pm2.logs'>>> {
  const account = await pm2Account(machine, user, namedBy(policy))
  // Its instances write to the same two files.
  const [process] = await findPm2Processes(machine, account, name)
  const out = process ? await readPm2Log(machine, account, process.outFile, { lines }) : []
  const error = process ? await readPm2Log(machine, account, process.errorFile, { lines }) : []
  return { ok: true, summary: `${out.length} lines and ${error.length} errors of ${name}.`, output: { out, error } }
}

type Status = OutputOf<'service.pm2.status'>

/** The processes of an account; what a clock did is told with the process that it starts. */
async function shown(machine: Host, account: Pm2Account): Promise<ActionResult<Status> & { output: Status }> {
  const all = await listPm2(machine, account)
  const processes: Status['processes'] = []
  for (const each of all.filter((state) => !isClock(state))) {
    const { revision: _, outFile: __, errorFile: ___, exitCode: ____, ...state } = each
    processes.push({ ...state, leftOut: await leftOutOf(machine, account, each, all) })
  }
  const online = processes.filter(({ status }) => status === 'online').length
  const late = processes.filter(({ leftOut }) => leftOut !== null && leftOut.ofThisRun > 0)
  const said = late.map((each) => ` ${lineOf(each)}.`).join('')
  const summary = `${online} of ${processes.length} processes of ${account.user} run.${said}`
  return { ok: true, summary, output: { processes } }
}

function lineOf({ name, status, startedAt, leftOut }: Status['processes'][number]): string {
  if (!leftOut || leftOut.total === 0) return `${name}: ${status}`
  if (leftOut.ofThisRun === 0) return `${name}: ${status}, ${leftOut.total} starts left out so far`
  return `${name}: its run since ${startedAt} goes on, ${leftOut.ofThisRun} starts were left out meanwhile`
}
