import type { OutputOf, PayloadOf } from '@ikoma/api'
import { containersOf, containersStay, dockerContainer } from '@ikoma/machine/compose'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { shownContainer, summaryOf } from './service-compose-status.ts'

type Payload = PayloadOf<'service.compose.restart'>
type Output = OutputOf<'service.compose.restart'>

export async function restartCompose(payload: Payload, context: ActionContext): Promise<ActionResult<Output>> {
  const { name, directory, service, waitSec, settleSec } = payload
  const { machine, dryRun, step } = context
  const all = await containersOf(machine, name, directory)
  const chosen = all.filter((each) => service === undefined || each.service === service)
  if (chosen.length === 0) return nothingThere(payload)
  const names = chosen.map((each) => each.name).join(', ')
  if (dryRun) return { ok: true, summary: `Would restart ${names}.`, output: { containers: all.map(shownContainer) } }
  const ids = chosen.map(({ id }) => id)
  await step(`restart ${names}`, () => dockerContainer(machine, ['restart'], ids))
  await step('verify', () => containersStay(machine, { name, directory, service }, { waitSec, settleSec }))
  const containers = (await containersOf(machine, name, directory)).map(shownContainer)
  return { ok: true, summary: summaryOf(name, containers), output: { containers } }
}

function nothingThere({ name, service }: Payload): ActionResult<Output> {
  const message = `There is no container of ${service ?? name} to restart. service.compose.up makes them.`
  return { ok: false, summary: message, errors: [{ code: 'no_such_service', message }], retryable: false }
}
