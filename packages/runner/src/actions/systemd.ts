import type { OutputOf, PayloadOf } from '@ikoma/api'
import type { Host } from '@ikoma/machine'
import { isManaged, timerState, unitState } from '@ikoma/machine/systemd'
import type { ActionContext, ActionResult } from '../order/action.ts'

type Output = OutputOf<'service.systemd.status'>

export async function showSystemdService(
  { name }: PayloadOf<'service.systemd.status'>,
  { machine, log }: ActionContext,
): Promise<ActionResult<Output>> {
  const output = await describeService(name, machine)
  const summary = summaryOf(output)
  log(summary)
  return { ok: true, summary, output }
}

export async function describeService(name: string, machine: Host): Promise<Output> {
  const unit = `${name}.service`
  const { fileState, fragmentPath, needsReload, ...state } = await unitState(machine, unit)
  const timer = await timerState(machine, `${name}.timer`)
  return { unit, managed: await isManaged(machine, unit), atBoot: fileState, ...state, timer }
}

export function summaryOf({ unit, loadState, activeState, subState, restarts, result }: Output): string {
  if (loadState === 'not-found') return `There is no ${unit} on this server.`
  return `${unit} is ${activeState} (${subState}), restarted ${restarts} times by itself, last result ${result}.`
}
