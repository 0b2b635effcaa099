import type { OutputOf, PayloadOf } from '@ikoma/api'
import { refuseUnmanaged, stayUp, systemctl, unitState } from '@ikoma/machine/systemd'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { describeService, summaryOf } from './systemd.ts'

type Payload = PayloadOf<'service.systemd.restart'>
type Output = OutputOf<'service.systemd.restart'>

/** Starts it anew, whatever it was; a job of a timer is run to its end. */
export async function restartSystemdService(payload: Payload, context: ActionContext): Promise<ActionResult<Output>> {
  const { machine, dryRun, step } = context
  const unit = `${payload.name}.service`
  await refuseUnmanaged(machine, unit)
  const before = await describeService(payload.name, machine)
  if (dryRun) return { ok: true, summary: `Would restart ${unit}, which is ${before.activeState}.`, output: before }
  await step(`restart ${unit}`, () => systemctl(machine, 'restart', unit))
  const job = before.timer !== null && (await unitState(machine, unit)).activeState !== 'active'
  if (!job) await step('verify', () => stayUp(machine, unit, payload.settleSec))
  const output = await describeService(payload.name, machine)
  return { ok: true, summary: summaryOf(output), output }
}
