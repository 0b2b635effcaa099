import type { OutputOf, PayloadOf } from '@ikoma/api'
import { findPm2Processes, pm2Account, readPm2Log } from '@ikoma/machine/pm2'
import type { ActionContext, ActionResult } from '../order/action.ts'

export async function readPm2Logs(
  { user, name, lines }: PayloadOf<'service.pm2.logs'>,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'service.pm2.logs'>>> {
  const account = await pm2Account(machine, user)
  // Its instances write to the same two files.
  const [process] = await findPm2Processes(machine, account, name)
  const out = process ? await readPm2Log(machine, account, process.outFile, lines) : []
  const error = process ? await readPm2Log(machine, account, process.errorFile, lines) : []
  return { ok: true, summary: `${out.length} lines and ${error.length} errors of ${name}.`, output: { out, error } }
}
