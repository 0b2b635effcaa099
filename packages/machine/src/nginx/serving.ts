import { readCertificate } from '../certificate.ts'
import type { Host } from '../host.ts'
import type { PromisedSite, Serving } from '../served.ts'
import type { NginxSite } from './site-file.ts'

type Served = NginxSite & { appMayBeDown?: boolean | undefined }

/** Every domain, as it is to be had: with the certificate that its file has by now, and over HTTP for who begins there. */
export async function servingOf(host: Host, site: Served): Promise<Serving> {
  const { domains, upstreams, certificate, appMayBeDown = false } = site
  const pem = certificate === undefined ? null : await host.read(certificate.chainFile)
  const fingerprint256 = pem === null ? undefined : readCertificate(pem, Date.now())?.fingerprint256
  const [http, https] = portsOf(site)
  const at = (port = 0) => ({ address: '127.0.0.1', port })
  const sites = domains.flatMap((name): PromisedSite[] => {
    const plain = { scheme: 'http', name, at: at(http), authority: 'any' } as const
    return certificate ? [plain, { ...plain, scheme: 'https', at: at(https), fingerprint256 }] : [plain]
  })
  return {
    ...{ sites, upstreams, appMayBeDown, path: '/', certificateSec: 5 },
    certificateHint: `It is the one of ${certificate?.chainFile}: tls.certificate.issue gets another.`,
  }
}

/** Where it listens: the second only when it has a certificate. */
export function portsOf({ ports, certificate }: NginxSite): number[] {
  const { http, https } = ports ?? { http: 80, https: 443 }
  return certificate ? [http, https] : [http]
}
