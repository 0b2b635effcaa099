import type { OutputOf, PayloadOf } from '@ikoma/api'
import type { Host } from '@ikoma/machine'
import {
  becomeReady,
  isManaged,
  noSystemdService,
  noSystemdTimer,
  portsOf,
  readJournal,
  refuseUnmanaged,
  refuseUnreadable,
  systemctl,
  systemdService,
  systemdTimer,
  timerState,
  unitRunning,
  unitState,
} from '@ikoma/machine/systemd'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { converging } from './converging.ts'

export const systemd = {
  'service.systemd.apply': converging((wanted, named) => systemdService(wanted, named)),
  'service.systemd.start': converging(({ name, ...gate }) => [unitRunning(`${name}.service`, { up: true, ...gate })]),
  'service.systemd.stop': converging(({ name }) => [unitRunning(`${name}.service`, { up: false })]),
  'service.systemd.restart': restart,
  'service.systemd.status': showStatus,
  'service.systemd.logs': readLogs,
  'service.systemd.remove': converging(({ name }) => [noSystemdService(name)]),
  'timer.systemd.apply': converging((wanted, named) => systemdTimer(wanted, named)),
  'timer.systemd.remove': converging(({ name }) => [noSystemdTimer(name)]),
} satisfies FamilyActions<'systemd'>

type Status = OutputOf<'service.systemd.status'>

/** Starts it anew, whatever it was; a job of a timer is run to its end. */
async function restart(
  { name, ...gate }: PayloadOf<'service.systemd.restart'>,
  { machine, dryRun, step }: ActionContext,
): Promise<ActionResult<OutputOf<'service.systemd.restart'>>> {
  const unit = `${name}.service`
  await refuseUnmanaged(machine, unit)
  const before = await describeService(name, machine)
  if (dryRun) return { ok: true, summary: `Would restart ${unit}, which is ${before.activeState}.`, output: before }
  const formerPorts = await portsOf(machine, unit)
  await step(`restart ${unit}`, () => systemctl(machine, 'restart', unit))
  const job = before.timer !== null && (await unitState(machine, unit)).activeState !== 'active'
  if (!job) await step('verify', () => becomeReady(machine, unit, { ...gate, formerPorts }))
  const output = await describeService(name, machine)
  return { ok: true, summary: summaryOf(output), output }
}

async function showStatus(
  { name }: PayloadOf<'service.systemd.status'>,
  { machine, log }: ActionContext,
): Promise<ActionResult<Status>> {
  const output = await describeService(name, machine)
  const summary = summaryOf(output)
  log(summary)
  return { ok: true, summary, output }
}

async function readLogs(
  { name, ...range }: PayloadOf<'service.systemd.logs'>,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'service.systemd.logs'>>> {
  const unit = `${name}.service`
  await refuseUnreadable(machine, unit)
  const output = await readJournal(machine, unit, range)
  const more = output.truncated ? ', the last of more than could be carried' : ''
  return { ok: true, summary: `${output.lines.length} lines of ${unit}${more}.`, output }
}

async function describeService(name: string, machine: Host): Promise<Status> {
  const unit = `${name}.service`
  const { fileState, fragmentPath, needsReload, ...state } = await unitState(machine, unit)
  const timer = await timerState(machine, `${name}.timer`)
  return { unit, managed: await isManaged(machine, unit), atBoot: fileState, ...state, timer }
}

function summaryOf({ unit, loadState, activeState, subState, restarts, result }: Status): string {
  if (loadState === 'not-found') return `There is no ${unit} on this server.`
  return `${unit} is ${activeState} (${subState}), restarted ${restarts} times by itself, last result ${result}.`
}
