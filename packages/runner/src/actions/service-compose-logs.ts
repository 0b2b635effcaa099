import type { OutputOf, PayloadOf } from '@ikoma/api'
import { containersOf, readContainerLogs } from '@ikoma/machine/compose'
import type { ActionContext, ActionResult } from '../order/action.ts'

export async function readComposeLogs(
  { name, directory, service, ...range }: PayloadOf<'service.compose.logs'>,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'service.compose.logs'>>> {
  const all = await containersOf(machine, name, directory)
  const chosen = all.filter((each) => service === undefined || each.service === service)
  const output = await readContainerLogs(machine, chosen, range)
  const more = output.truncated ? ', the last of more than could be carried' : ''
  return { ok: true, summary: `${output.lines.length} lines of ${chosen.length} containers${more}.`, output }
}
