import type { OutputOf, PayloadOf } from '@ikoma/api'
import { readJournal, refuseUnreadable } from '@ikoma/machine/systemd'
import type { ActionContext, ActionResult } from '../order/action.ts'

export async function readSystemdLogs(
  { name, ...range }: PayloadOf<'service.systemd.logs'>,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'service.systemd.logs'>>> {
  const unit = `${name}.service`
  await refuseUnreadable(machine, unit)
  const output = await readJournal(machine, unit, range)
  const more = output.truncated ? ', the last of more than could be carried' : ''
  return { ok: true, summary: `${output.lines.length} lines of ${unit}${more}.`, output }
}
