import type { OutputOf, PayloadOf } from '@ikoma/api'
import { listCertificates } from '@ikoma/machine/certbot'
import type { ActionContext, ActionResult } from '../order/action.ts'

type Output = OutputOf<'tls.certificate.list'>
type Listed = Output['certificates'][number]

const maxCertificates = 500

export async function listStoredCertificates(
  { warnDays }: PayloadOf<'tls.certificate.list'>,
  { machine, log }: ActionContext,
): Promise<ActionResult<Output>> {
  const { certificates, unreadable } = await listCertificates(machine)
  const listed = certificates
    .map((certificate): Listed => ({ ...certificate, status: statusOf(certificate.daysLeft, warnDays) }))
    .sort((a, b) => a.daysLeft - b.daysLeft)
    .slice(0, maxCertificates)
  const ending = listed.filter(({ status }) => status !== 'valid')
  for (const { names, validTo, file } of ending) log(`${names.join(', ')} in ${file} ends on ${validTo}`)
  const warning = ending.length > 0 ? ` Warning: ${ending.length} expired or ending within ${warnDays} days.` : ''
  const count = listed.length === 1 ? '1 certificate' : `${listed.length} certificates`
  return { ok: true, summary: `${count}.${warning}`, output: { certificates: listed, unreadable } }
}

function statusOf(daysLeft: number, warnDays: number): Listed['status'] {
  if (daysLeft < 0) return 'expired'
  return daysLeft < warnDays ? 'expires_soon' : 'valid'
}
