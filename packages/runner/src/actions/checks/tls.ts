import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { OutputOf, PayloadOf } from '@ikoma/api'
import { describeCertificate, networkFailure, validityOf } from '@ikoma/machine'
import type { ActionContext, ActionResult } from '../../order/action.ts'
import { failedCheck } from './failed-check.ts'

type Payload = PayloadOf<'check.tls.run'>
type Output = OutputOf<'check.tls.run'>

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
    const protocol = socket.getProtocol() ?? 'unknown'
    const certificate = describeCertificate(socket.getPeerCertificate(), Date.now())
    const output = { authorized: socket.authorized, protocol, ...certificate }
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

interface Judged {
  payload: Payload
  output: Output
  /** OpenSSL's or Node's word for what is wrong with the certificate; empty when nothing is. */
  problem: string
}

function judge(target: string, { payload, output, problem }: Judged): ActionResult<Output> {
  const { daysLeft, validTo, authorized } = output
  const { minDaysLeft } = payload
  const validity = validityOf(output, minDaysLeft)
  if (validity === 'expired')
    return failedCheck('certificate_expired', `The certificate of ${target} expired on ${validTo}.`, output)
  if (problem.includes('ALTNAME')) {
    const message = `The certificate of ${target} is for ${output.names.join(', ') || output.subject}.`
    return failedCheck('name_mismatch', message, output)
  }
  if (!authorized) {
    return failedCheck('untrusted_certificate', `The certificate of ${target} is not trusted: ${problem}.`, output)
  }
  if (validity === 'expires_soon') {
    const message = `The certificate of ${target} expires in ${daysLeft} days, sooner than ${minDaysLeft}.`
    return failedCheck('certificate_expires_soon', message, output)
  }
  return { ok: true, summary: `The certificate of ${target} is valid for ${daysLeft} more days.`, output }
}
