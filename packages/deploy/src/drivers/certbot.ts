import type { Host } from '../host.ts'
import { mustRun } from './must-run.ts'

export interface CertbotPlaces {
  config: string
  work: string
  logs: string
}

export const certbotPlaces: CertbotPlaces = {
  config: '/etc/letsencrypt',
  work: '/var/lib/letsencrypt',
  logs: '/var/log/letsencrypt',
}

export interface AcmeAuthority {
  /** Let's Encrypt's rehearsal, whose certificates nobody trusts and whose limits are wide. */
  staging: boolean
  /** Another than Let's Encrypt's. */
  directoryUrl?: string | undefined
  /** PEM of the authority that certifies the directory's own certificate. */
  directoryRootFile?: string | undefined
}

export interface CertbotRequest extends AcmeAuthority {
  name: string
  domains: readonly string[]
  webroot: string
  email?: string | undefined
}

/** Of Let's Encrypt, https://letsencrypt.org/docs/staging-environment/. */
const production = 'https://acme-v02.api.letsencrypt.org/directory'
const staging = 'https://acme-staging-v02.api.letsencrypt.org/directory'

export function acmeDirectoryOf(authority: AcmeAuthority): string {
  return authority.directoryUrl ?? (authority.staging ? staging : production)
}

/** Gets a certificate for exactly these domains, in place of one of the same name. Accepts the authority's terms. */
export function requestCertificate(host: Host, request: CertbotRequest, places: CertbotPlaces): Promise<void> {
  const account = request.email === undefined ? ['--register-unsafely-without-email'] : ['--email', request.email]
  return mustRun(host, {
    argv: [
      'certbot',
      'certonly',
      ...unattended(places),
      '--agree-tos',
      ...account,
      '--server',
      acmeDirectoryOf(request),
      '--webroot',
      '--webroot-path',
      request.webroot,
      '--cert-name',
      request.name,
      '--domains',
      request.domains.join(','),
      // That there is something to get was found before; certbot alone would keep one of another authority.
      '--force-renewal',
      '--renew-with-new-domains',
    ],
    env: trusting(request.directoryRootFile),
    timeoutSec,
  })
}

export interface RenewalRequest {
  /** All of them without a name. */
  name?: string | undefined
  /** Renews what is not due. */
  force: boolean
  /** Asks the authority as for a real one, and keeps nothing. */
  rehearse: boolean
  directoryRootFile?: string | undefined
}

/** Renews what ends within thirty days, certbot's own limit. */
export function renewCertificates(host: Host, request: RenewalRequest, places: CertbotPlaces): Promise<void> {
  const { name, force, rehearse } = request
  return mustRun(host, {
    argv: [
      'certbot',
      'renew',
      ...unattended(places),
      // It would otherwise wait up to eight minutes, for the sake of the authority, when nobody is at a terminal.
      '--no-random-sleep-on-renew',
      ...(name === undefined ? [] : ['--cert-name', name]),
      ...(force ? ['--force-renewal'] : []),
      ...(rehearse ? ['--dry-run'] : []),
    ],
    env: trusting(request.directoryRootFile),
    timeoutSec,
  })
}

const timeoutSec = 540

function unattended({ config, work, logs }: CertbotPlaces): string[] {
  return ['--non-interactive', '--config-dir', config, '--work-dir', work, '--logs-dir', logs]
}

const trusting = (rootFile: string | undefined) => (rootFile === undefined ? {} : { REQUESTS_CA_BUNDLE: rootFile })
