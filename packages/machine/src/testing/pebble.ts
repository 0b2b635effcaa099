import { setTimeout } from 'node:timers/promises'
import { findFreePort, requestAsIs } from './http.ts'
import { selfSigned } from './self-signed.ts'
import { addFiles, createPlace, start } from './tool.ts'

export interface Pebble {
  directoryUrl: string
  /** PEM that certifies the directory's own certificate. */
  directoryRootFile: string
  /** PEM of the authority that issues; it is trusted by nobody else. */
  root: string
}

/** Let's Encrypt's server for tests: every name is at 127.0.0.1, where it looks for answers on these ports. */
export async function startPebble(ports: { http: number; https: number }): Promise<Pebble> {
  const place = createPlace()
  const [dns, listen, management] = [await findFreePort(), await findFreePort(), await findFreePort()]
  const own = selfSigned(['localhost'], 2)
  const [certificate, privateKey] = [`${place}/own.pem`, `${place}/own-key.pem`]
  const pebble = {
    listenAddress: `127.0.0.1:${listen}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate,
    privateKey,
    httpPort: ports.http,
    tlsPort: ports.https,
  }
  addFiles(place, { 'own.pem': own.certificate, 'own-key.pem': own.key, 'pebble.json': JSON.stringify({ pebble }) })
  const off = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-management', '']
  start(['pebble-challtestsrv', '-dns01', `127.0.0.1:${dns}`, '-defaultIPv6', '', ...off], place)
  const quick = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' }
  start(['pebble', '-config', 'pebble.json', '-dnsserver', `127.0.0.1:${dns}`], place, quick)
  const root = await getRoot(`https://localhost:${management}/roots/0`, own.certificate)
  return { directoryUrl: `https://localhost:${listen}/dir`, directoryRootFile: certificate, root }
}

async function getRoot(url: string, ca: string): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await requestAsIs(url, { ca }).catch(() => null)
    if (answer?.status === 200) return answer.body
    await setTimeout(50)
  }
  throw new Error('pebble does not start')
}
