import type { OutputOf, PayloadOf } from '@ikoma/api'
import type { Host } from '@ikoma/machine'
import {
  type ComposeDanger,
  type Container,
  composeServices,
  containersOf,
  containersStay,
  dockerContainer,
  measureContainers,
  noComposeServices,
  projectSecrets,
  readContainerLogs,
  refuseUnpublishedBy,
} from '@ikoma/machine/compose'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { lineForCompose } from '../order/policy-line.ts'
import { converging } from './converging.ts'

export const compose = {
  'service.compose.up': bringUp,
  'service.compose.down': converging((project) => [noComposeServices(project)]),
  'service.compose.restart': restart,
  'service.compose.status': showStatus,
  'service.compose.logs': readLogs,
  'service.compose.stats': measure,
} satisfies FamilyActions<'compose'>

type Status = OutputOf<'service.compose.status'>

function bringUp(payload: PayloadOf<'service.compose.up'>, context: ActionContext) {
  const { waitSec, settleSec, ready, ...source } = payload
  // By its folder: the name is whatever the order says.
  const allowed = context.policy.compose[source.directory] ?? []
  const lineFor = (dangers: readonly ComposeDanger[]) => lineForCompose(context.policy, source.directory, dangers)
  const started = { ...source, allowed, lineFor }
  return converging(() => [composeServices(started, { waitSec, settleSec, ready })])(payload, context)
}

async function restart(
  payload: PayloadOf<'service.compose.restart'>,
  { machine, dryRun, step }: ActionContext,
): Promise<ActionResult<OutputOf<'service.compose.restart'>>> {
  const { name, directory, service, ...patience } = payload
  const all = await containersOf(machine, name, directory)
  const chosen = chosenOf(all, service)
  if (chosen.length === 0) return nothingThere(payload)
  if (patience.ready) await refuseUnpublishedBy(machine, chosen, patience.ready)
  const names = chosen.map((each) => each.name).join(', ')
  if (dryRun) return { ok: true, summary: `Would restart ${names}.`, output: { containers: all.map(shown) } }
  const ids = chosen.map(({ id }) => id)
  await step(`restart ${names}`, () => dockerContainer(machine, ['restart'], ids))
  await step('verify', () => containersStay(machine, { name, directory, service }, patience))
  return describe(payload, machine)
}

function nothingThere({ name, service }: PayloadOf<'service.compose.restart'>): ActionResult<never> {
  const message = `There is no container of ${service ?? name} to restart. service.compose.up makes them.`
  return { ok: false, summary: message, errors: [{ code: 'no_such_service', message }], retryable: false }
}

async function showStatus(
  project: PayloadOf<'service.compose.status'>,
  { machine, log }: ActionContext,
): Promise<ActionResult<Status>> {
  const described = await describe(project, machine)
  for (const { container, state, health } of described.output.containers) {
    log(`${container}: ${health ? `${state}, ${health}` : state}`)
  }
  return described
}

async function readLogs(
  { name, directory, service, ...range }: PayloadOf<'service.compose.logs'>,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'service.compose.logs'>>> {
  const all = await containersOf(machine, name, directory)
  const chosen = chosenOf(all, service)
  // Also those of its neighbours, with which it speaks.
  const secrets = await projectSecrets(machine, all)
  const output = await readContainerLogs(machine, chosen, { ...range, secrets })
  const more = output.truncated ? ', the last of more than could be carried' : ''
  return { ok: true, summary: `${output.lines.length} lines of ${chosen.length} containers${more}.`, output }
}

async function measure(
  { name, directory }: PayloadOf<'service.compose.stats'>,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'service.compose.stats'>>> {
  const containers = await measureContainers(machine, await containersOf(machine, name, directory))
  return { ok: true, summary: `Measured ${containers.length} containers of ${name}.`, output: { containers } }
}

/** All of them without a service. */
function chosenOf(containers: readonly Container[], service: string | undefined): Container[] {
  return containers.filter((each) => service === undefined || each.service === service)
}

async function describe({ name, directory }: { name: string; directory: string }, machine: Host) {
  const containers = (await containersOf(machine, name, directory)).map(shown)
  const running = containers.filter(({ state }) => state === 'running').length
  const summary = `${running} of ${containers.length} containers of ${name} run.`
  return { ok: true as const, summary, output: { containers } }
}

function shown(container: Container): Status['containers'][number] {
  const { name, service, image, state, health, exitCode, restarts, startedAt } = container
  return { container: name, service, image, state, health, exitCode, restarts, startedAt }
}
