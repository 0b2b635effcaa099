import type { OutputOf, PayloadOf } from '@ikoma/api'
import { containersOf, measureContainers } from '@ikoma/machine/compose'
import type { ActionContext, ActionResult } from '../order/action.ts'

export async function measureCompose(
  { name, directory }: PayloadOf<'service.compose.stats'>,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'service.compose.stats'>>> {
  const containers = await measureContainers(machine, await containersOf(machine, name, directory))
  return { ok: true, summary: `Measured ${containers.length} containers of ${name}.`, output: { containers } }
}
