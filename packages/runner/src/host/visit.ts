import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { checkServerIdentity, getCACertificates, type TLSSocket } from 'node:tls'
import { describeCertificate, networkFailure, type ShownCertificate, type Visit, type Visited } from '@ikoma/machine'

const maxBodyBytes = 1024 * 1024

/** As a browser of this machine would, but for that it looks at a certificate which it would not believe. */
export async function visit(visited: Visit, stop: AbortSignal): Promise<Visited> {
  const { scheme, name, timeoutSec } = visited
  const deadline = AbortSignal.timeout(timeoutSec * 1_000)
  try {
    return await ask(visited, AbortSignal.any([deadline, stop]))
  } catch (error) {
    stop.throwIfAborted()
    return { failure: networkFailure(`${scheme}://${name}`, error, deadline.aborted) }
  }
}

/** What the machine trusts as well, such as the authority of a company; read once, when a certificate is first looked at. */
let trusted: string[] | null = null
function trustedHere(): string[] {
  trusted ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
  return trusted
}

function ask({ scheme, at, name, path }: Visit, signal: AbortSignal): Promise<Visited> {
  const secure = { servername: name, rejectUnauthorized: false, ca: trustedHere() }
  const options: RequestOptions = {
    ...('socket' in at ? { socketPath: at.socket } : { host: at.address, port: at.port }),
    ...{ path, signal, agent: false, headers: { host: name, 'user-agent': 'ikoma-check' } },
  }
  return new Promise((resolve, reject) => {
    const request = scheme === 'https' ? requestHttps({ ...secure, ...options }) : requestHttp(options)
    request.once('error', reject)
    request.once('response', (response) => {
      const certificate = scheme === 'https' ? shownBy(response.socket as TLSSocket, name) : null
      readStart(response).then((body) => resolve({ status: response.statusCode ?? 0, body, certificate }))
    })
    request.end()
  })
}

function shownBy(socket: TLSSocket, name: string): ShownCertificate {
  const shown = socket.getPeerCertificate()
  return {
    ...describeCertificate(shown, Date.now()),
    ofName: checkServerIdentity(name, shown) === undefined,
    distrust: socket.authorized ? null : String(socket.authorizationError),
  }
}

/** What came of it until it ended, or was cut: leaving the loop closes the connection, so an endless one costs nothing. */
async function readStart(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      pieces.push(piece)
      length += piece.length
      if (length >= maxBodyBytes) break
    }
  } catch {
    // It answered, and that is what was asked.
  }
  return Buffer.concat(pieces).subarray(0, maxBodyBytes).toString('utf8')
}
