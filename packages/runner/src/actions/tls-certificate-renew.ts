import type { OutputOf, PayloadOf } from '@ikoma/api'
import {
  certbotPlaces,
  certificateFiles,
  listCertificates,
  renewCertificates,
  type StoredCertificate,
} from '@ikoma/deploy'
import type { ActionContext, ActionResult } from '../action.ts'

type Payload = PayloadOf<'tls.certificate.renew'>
type Output = OutputOf<'tls.certificate.renew'>

/** A dry run asks the authority as for a real renewal, and keeps nothing. */
export async function renewCertificate(payload: Payload, context: ActionContext): Promise<ActionResult<Output>> {
  const { machine, dryRun, step } = context
  const mine = async () => (await listCertificates(machine)).certificates.filter((each) => concerns(payload, each))
  const before = new Map((await mine()).map(({ file, fingerprint256 }) => [file, fingerprint256]))
  const request = { ...payload, rehearse: dryRun }
  await step(dryRun ? 'rehearse' : 'renew', () => renewCertificates(machine, request, certbotPlaces))
  const certificates = await mine()
  const changed = certificates.filter(({ file, fingerprint256 }) => before.get(file) !== fingerprint256)
  const renewed = changed.map(({ names }) => names[0] ?? '')
  return { ok: true, summary: summaryOf(renewed, dryRun), output: { rehearsed: dryRun, renewed, certificates } }
}

function concerns({ name }: Payload, { keptBy, file }: StoredCertificate): boolean {
  return keptBy === 'certbot' && (name === undefined || file === certificateFiles(name).chainFile)
}

function summaryOf(renewed: string[], dryRun: boolean): string {
  if (dryRun) return 'The authority would renew.'
  return renewed.length === 0 ? 'Nothing was due.' : `Renewed ${renewed.join(', ')}.`
}
