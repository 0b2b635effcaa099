import type { OutputOf, PayloadOf } from '@ikoma/api'
import { certbotCertificate, certificateFiles, nginxRenewalHook } from '@ikoma/machine/certbot'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { converging } from './converging.ts'

type Payload = PayloadOf<'tls.certificate.issue'>
type Output = OutputOf<'tls.certificate.issue'>

export async function issueCertificate(payload: Payload, context: ActionContext): Promise<ActionResult<Output>> {
  const { name = payload.domains[0] ?? '' } = payload
  const issue = converging(() => [...nginxRenewalHook(), certbotCertificate({ ...payload, name })])
  const result = await issue(payload, context)
  return result.ok ? { ...result, output: { ...result.output, ...certificateFiles(name) } } : result
}
