import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { OutputOf, PayloadOf } from '@ikoma/api'
import { networkFailure } from '@ikoma/machine'
import type { ActionContext, ActionResult } from '../../order/action.ts'
import { failedCheck } from './failed-check.ts'

type Payload = PayloadOf<'check.tls.run'>
type Output = OutputOf<'check.tls.run'>

const dayMs = 24 * 3_600_000

export function runTlsCheck(payload: Payload, context: ActionContext): Promise<ActionResult<Output>> {
  return checkTls(payload, context)
}

/** `roots` are the only authorities that are trusted, as PEM; those of the system without them. */
export async function checkTls(
  payload: Payload,
  context: ActionContext,
  roots?: string,
): Promise<ActionResult<Output>> {
  const { host, port, serverName = host, timeoutMs } = payload
  const target = `${serverName} at ${host}:${port}`
  const deadline = AbortSignal.timeout(timeoutMs)
  const servername = isIP(serverName) ? {} : { servername: serverName }
  // A bad certificate is to be described, not just refused; no data is exchanged with it.
  const socket = connect({
    host,
    port,
    rejectUnauthorized: false,
    ...servername,
    ...(roots !== undefined && { ca: roots }),
  })
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.any([deadline, context.signal]) })
    const output = describe(socket)
    context.log(`${target}: ${output.protocol}, issued by ${output.issuer}, valid to ${output.validTo}`)
    return judge(target, { payload, output, problem: String(socket.authorizationError ?? '') })
  } catch (error) {
    const { code, message } = networkFailure(target, error, deadline.aborted)
    context.log(message)
    return failedCheck(code, message)
  } finally {
    socket.on('error', () => {})
    socket.destroy()
  }
}

interface Finding {
  payload: Payload
  output: Output
  /** OpenSSL's or Node's word for what is wrong with the certificate; empty when nothing is. */
  problem: string
}

function judge(target: string, { payload, output, problem }: Finding): ActionResult<Output> {
  const { daysLeft, validTo, authorized } = output
  const { minDaysLeft } = payload
  if (daysLeft < 0)
    return failedCheck('certificate_expired', `The certificate of ${target} expired on ${validTo}.`, output)
  if (problem.includes('ALTNAME')) {
    const message = `The certificate of ${target} is for ${output.names.join(', ') || output.subject}.`
    return failedCheck('name_mismatch', message, output)
  }
  if (!authorized) {
    return failedCheck('untrusted_certificate', `The certificate of ${target} is not trusted: ${problem}.`, output)
  }
  if (daysLeft < minDaysLeft) {
    const message = `The certificate of ${target} expires in ${daysLeft} days, sooner than ${minDaysLeft}.`
    return failedCheck('certificate_expires_soon', message, output)
  }
  return { ok: true, summary: `The certificate of ${target} is valid for ${daysLeft} more days.`, output }
}

function describe(socket: TLSSocket): Output {
  const certificate = socket.getPeerCertificate()
  return {
    authorized: socket.authorized,
    protocol: socket.getProtocol() ?? 'unknown',
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: namesOf(certificate),
    validFrom: new Date(certificate.valid_from).toISOString(),
    validTo: new Date(certificate.valid_to).toISOString(),
    daysLeft: Math.floor((Date.parse(certificate.valid_to) - Date.now()) / dayMs),
    fingerprint256: certificate.fingerprint256,
  }
}

function nameOf(part: PeerCertificate['subject'] | undefined): string {
  return [part?.CN, part?.O].flat().find((name) => name) ?? ''
}

function namesOf({ subjectaltname = '' }: PeerCertificate): string[] {
  const names = subjectaltname.split(', ').map((entry) => entry.replace(/^(DNS|IP Address):/, ''))
  return names.filter((name) => name !== '').slice(0, 100)
}
