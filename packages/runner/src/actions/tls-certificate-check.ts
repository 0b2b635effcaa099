import type { OutputOf, PayloadOf } from '@ikoma/api'
import { type Certificate, readCertificate } from '@ikoma/machine'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { failedCheck } from './checks/failed-check.ts'
import { checkTls } from './checks/tls.ts'

type Payload = PayloadOf<'tls.certificate.check'>
type Output = OutputOf<'tls.certificate.check'>

/** On disk, as it is served, and whether that is the same: what was renewed is served only after a reload. */
export async function checkCertificate(payload: Payload, context: ActionContext): Promise<ActionResult<Output>> {
  const { file, endpoint, warnDays } = payload
  const pem = file === undefined ? null : await context.machine.read(file)
  const stored = pem === null ? null : readCertificate(pem, Date.now())
  const live = endpoint ? await checkServed(endpoint, warnDays, context) : null
  const output: Output = { stored, served: (live?.output as Output['served'] | undefined) ?? null }
  if (file !== undefined && !stored)
    return failedCheck('certificate_absent', `There is no certificate in ${file}.`, output)
  if (stored && output.served && stored.fingerprint256 !== output.served.fingerprint256) {
    const message = `What is served is not the certificate in ${file}. Reload the server.`
    return failedCheck('certificate_not_served', message, output)
  }
  const problem = stored && problemOf(stored, warnDays)
  if (problem) return failedCheck(problem.code, problem.message, output)
  if (live && !live.ok) return { ...live, output }
  const { names, daysLeft } = stored ?? (output.served as Certificate)
  return { ok: true, summary: `The certificate for ${names.join(', ')} is valid for ${daysLeft} more days.`, output }
}

async function checkServed(endpoint: NonNullable<Payload['endpoint']>, minDaysLeft: number, context: ActionContext) {
  const { rootFile, ...where } = endpoint
  const roots = rootFile === undefined ? undefined : ((await context.machine.read(rootFile)) ?? '')
  return checkTls({ ...where, minDaysLeft }, context, roots)
}

function problemOf({ names, daysLeft, validTo }: Certificate, warnDays: number) {
  const which = `The certificate for ${names.join(', ')}`
  if (daysLeft < 0) return { code: 'certificate_expired', message: `${which} expired on ${validTo}.` }
  if (daysLeft >= warnDays) return null
  return { code: 'certificate_expires_soon', message: `${which} expires in ${daysLeft} days, on ${validTo}.` }
}
