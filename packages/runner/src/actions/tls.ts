import type { OutputOf, PayloadOf } from '@ikoma/api'
import type { Host as Machine } from '@ikoma/machine'
import {
  certbotPlaces,
  certificateFiles,
  listCertificates,
  rehearseRenewal,
  renewCertificates,
  type StoredCertificate,
} from '@ikoma/machine/certbot'
import type { ActionContext, ActionResult } from '../order/action.ts'

type Payload = PayloadOf<'tls.certificate.renew'>
type Output = OutputOf<'tls.certificate.renew'>

/** A dry run asks the authority as for a real renewal, and keeps nothing. */
export async function renewCertificate(payload: Payload, context: ActionContext): Promise<ActionResult<Output>> {
  const { machine, dryRun, step } = context
  const before = await listMine(payload, machine)
  if (dryRun) {
    for (const name of before.map(nameOf)) {
      await step(`rehearse ${name}`, () => rehearseRenewal(machine, { ...payload, name }, certbotPlaces))
    }
    const output = { rehearsed: true, renewed: [], certificates: before }
    return { ok: true, summary: `Certificates that could be renewed: ${before.length}.`, output }
  }
  await step('renew', () => renewCertificates(machine, payload, certbotPlaces))
  const certificates = await listMine(payload, machine)
  const known = new Set(before.map(({ fingerprint256 }) => fingerprint256))
  const renewed = certificates.filter(({ fingerprint256 }) => !known.has(fingerprint256)).map(nameOf)
  const summary = renewed.length === 0 ? 'Nothing was due.' : `Renewed ${renewed.join(', ')}.`
  return { ok: true, summary, output: { rehearsed: false, renewed, certificates } }
}

async function listMine({ name }: Payload, machine: Machine): Promise<StoredCertificate[]> {
  const { certificates } = await listCertificates(machine)
  const wanted = name === undefined ? null : certificateFiles(name).chainFile
  return certificates.filter(({ keptBy, file }) => keptBy === 'certbot' && (wanted === null || file === wanted))
}

/** Under which certbot keeps it. */
function nameOf({ file }: StoredCertificate): string {
  return file.split('/').at(-2) ?? ''
}
