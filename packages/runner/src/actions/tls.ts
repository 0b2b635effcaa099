import type { OutputOf, PayloadOf } from '@ikoma/api'
import { type Certificate, type Host, readCertificate, validityOf } from '@ikoma/machine'
import {
  certbotCertificate,
  certbotPlaces,
  certificateFiles,
  listCertificates,
  nginxRenewalHook,
  rehearseRenewal,
  renewCertificates,
  type StoredCertificate,
} from '@ikoma/machine/certbot'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { checkTls, failedCheck } from './checks/index.ts'
import { converging } from './converging.ts'
import { findOlderServed, servingPlace } from './served-certificates.ts'

export const tls = {
  'tls.certificate.issue': issue,
  'tls.certificate.renew': (payload, context) => renew(payload, context),
  'tls.certificate.list': list,
  'tls.certificate.check': check,
} satisfies FamilyActions<'tls'>

async function issue(
  payload: PayloadOf<'tls.certificate.issue'>,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'tls.certificate.issue'>>> {
  const { name = payload.domains[0] ?? '' } = payload
  const converge = converging(() => [...nginxRenewalHook(), certbotCertificate({ ...payload, name })])
  const result = await converge(payload, context)
  return result.ok ? { ...result, output: { ...result.output, ...certificateFiles(name) } } : result
}

type Renewal = PayloadOf<'tls.certificate.renew'>

/** A dry run asks the authority as for a real renewal, and keeps nothing. */
export async function renew(
  payload: Renewal,
  { machine, dryRun, step, signal }: ActionContext,
  place = servingPlace,
): Promise<ActionResult<OutputOf<'tls.certificate.renew'>>> {
  const before = await listMine(payload, machine)
  if (dryRun) {
    for (const name of before.map(nameOf)) {
      await step(`rehearse ${name}`, () => rehearseRenewal(machine, { ...payload, name }, certbotPlaces))
    }
    const output = { rehearsed: true, renewed: [], notServed: [], certificates: before }
    return { ok: true, summary: `Certificates that could be renewed: ${before.length}.`, output }
  }
  const leftOut = await step('renew', () => renewCertificates(machine, payload, certbotPlaces))
  const certificates = await listMine(payload, machine)
  const known = new Set(before.map(({ fingerprint256 }) => fingerprint256))
  const renewed = certificates.filter(({ fingerprint256 }) => !known.has(fingerprint256)).map(nameOf)
  const done = renewed.length === 0 ? 'Nothing was due.' : `Renewed ${renewed.join(', ')}.`
  const why = 'somebody else could exchange the folder that its answers are put in. Give that to root'
  const summary = leftOut.length === 0 ? done : `${done} Left out ${leftOut.join(', ')}: ${why}.`
  const kept = certificates.map((each) => ({ ...each, name: nameOf(each) }))
  // What was renewed stays so, also where nobody waits for what is served any more.
  const notServed = await findOlderServed(kept, place, { machine, signal }).catch((error) => {
    if (signal.aborted) return []
    throw error
  })
  const output = { rehearsed: false, renewed, notServed, certificates }
  return notServed.length === 0 ? { ok: true, summary, output } : stale(summary, output)
}

/** On the disk and not in the air: visitors will see the old one expire. */
function stale(
  done: string,
  output: OutputOf<'tls.certificate.renew'>,
): ActionResult<OutputOf<'tls.certificate.renew'>> {
  const what = output.notServed.map(({ domain, why }) => `${domain}: ${why}`).join('. ')
  const message = `${done} But an older one is still served. ${what}. Mend the server, and reload it.`
  return {
    ok: false,
    summary: message,
    output,
    errors: [{ code: 'certificate_not_served', message }],
    retryable: false,
  }
}

async function listMine({ name }: Renewal, machine: Host): Promise<StoredCertificate[]> {
  const { certificates } = await listCertificates(machine)
  const wanted = name === undefined ? null : certificateFiles(name).chainFile
  return certificates.filter(({ keptBy, file }) => keptBy === 'certbot' && (wanted === null || file === wanted))
}

/** Under which certbot keeps it. */
function nameOf({ file }: StoredCertificate): string {
  return file.split('/').at(-2) ?? ''
}

type Listed = OutputOf<'tls.certificate.list'>['certificates'][number]

const maxCertificates = 500
const maxNamed = 5

async function list(
  { warnDays }: PayloadOf<'tls.certificate.list'>,
  { machine, log }: ActionContext,
): Promise<ActionResult<OutputOf<'tls.certificate.list'>>> {
  const { certificates, unreadable } = await listCertificates(machine)
  const listed = certificates
    .map((certificate): Listed => ({ ...certificate, status: validityOf(certificate, warnDays) }))
    .sort((a, b) => a.daysLeft - b.daysLeft)
    .slice(0, maxCertificates)
  const ending = listed.filter(({ status }) => status !== 'valid')
  for (const { names, validTo, file } of ending) log(`${names.join(', ')} in ${file} ends on ${validTo}`)
  for (const file of unreadable) log(`${file} cannot be read as a certificate`)
  const warning = ending.length > 0 ? ` Warning: ${ending.length} expired or ending within ${warnDays} days.` : ''
  const count = listed.length === 1 ? '1 certificate' : `${listed.length} certificates`
  const broken = unreadable.length > 0 ? ` Cannot be read: ${unreadable.slice(0, maxNamed).join(', ')}.` : ''
  return { ok: true, summary: `${count}.${warning}${broken}`, output: { certificates: listed, unreadable } }
}

type Check = PayloadOf<'tls.certificate.check'>
type Checked = OutputOf<'tls.certificate.check'>

/** On disk, as it is served, and whether that is the same: what was renewed is served only after a reload. */
async function check(payload: Check, context: ActionContext): Promise<ActionResult<Checked>> {
  const { file, endpoint, warnDays } = payload
  const pem = file === undefined ? null : await context.machine.read(file)
  const stored = pem === null ? null : readCertificate(pem, Date.now())
  const live = endpoint ? await checkServed(endpoint, warnDays, context) : null
  const output: Checked = { stored, served: (live?.output as Checked['served'] | undefined) ?? null }
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

async function checkServed(endpoint: NonNullable<Check['endpoint']>, minDaysLeft: number, context: ActionContext) {
  const { rootFile, ...where } = endpoint
  const roots = rootFile === undefined ? undefined : ((await context.machine.read(rootFile)) ?? '')
  return checkTls({ ...where, minDaysLeft }, context, roots)
}

function problemOf(certificate: Certificate, warnDays: number) {
  const { names, daysLeft, validTo } = certificate
  const validity = validityOf(certificate, warnDays)
  if (validity === 'valid') return null
  const end = validity === 'expired' ? `expired on ${validTo}` : `expires in ${daysLeft} days, on ${validTo}`
  return { code: `certificate_${validity}`, message: `The certificate for ${names.join(', ')} ${end}.` }
}
