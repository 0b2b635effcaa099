import type { OutputOf, PayloadOf } from '@ikoma/api'
import { type Container, containersOf } from '@ikoma/machine/compose'
import type { ActionContext, ActionResult } from '../order/action.ts'

type Output = OutputOf<'service.compose.status'>

export async function showCompose(
  { name, directory }: PayloadOf<'service.compose.status'>,
  { machine, log }: ActionContext,
): Promise<ActionResult<Output>> {
  const containers = (await containersOf(machine, name, directory)).map(shownContainer)
  for (const { container, state, health } of containers) log(`${container}: ${health ? `${state}, ${health}` : state}`)
  return { ok: true, summary: summaryOf(name, containers), output: { containers } }
}

export function shownContainer(container: Container): Output['containers'][number] {
  const { name, service, image, state, health, exitCode, restarts, startedAt } = container
  return { container: name, service, image, state, health, exitCode, restarts, startedAt }
}

export function summaryOf(project: string, containers: Output['containers']): string {
  const running = containers.filter(({ state }) => state === 'running').length
  return `${running} of ${containers.length} containers of ${project} run.`
}
