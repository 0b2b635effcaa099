import { readCertificate } from '../certificate.ts'
import type { Host } from '../host.ts'
import { refuseTurnable } from '../safety/index.ts'
import { ownAccount } from '../system/index.ts'
import { production, refuseSpent, runCertbot } from './limits.ts'
import type { CertbotPlaces } from './places.ts'
import { refuseForeignRenewal, renewableNames } from './webroots.ts'

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

/** The authorities of Let's Encrypt, https://letsencrypt.org/docs/staging-environment/. */
const staging = 'https://acme-staging-v02.api.letsencrypt.org/directory'

export function acmeDirectoryOf(authority: AcmeAuthority): string {
  return authority.directoryUrl ?? (authority.staging ? staging : production)
}

/** Gets a certificate for exactly these domains, in place of one of the same name. Accepts the authority's terms. */
export async function requestCertificate(host: Host, request: CertbotRequest, places: CertbotPlaces): Promise<void> {
  const { name, domains } = request
  const asking = { name, domains, directoryUrl: acmeDirectoryOf(request), places }
  await refuseSpent(host, asking)
  const account = request.email === undefined ? ['--register-unsafely-without-email'] : ['--email', request.email]
  const program = {
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
    aloud: true,
  } as const
  await runCertbot(host, program, asking)
}

export interface RenewalRequest {
  /** All of them without a name. */
  name?: string | undefined
  /** Renews what is not due. */
  force: boolean
  directoryRootFile?: string | undefined
}

/**
 * Renews what ends within thirty days, certbot's own limit. Gives the names that it left out, because somebody else could
 * turn the way of their answers; one that is named is refused then.
 */
export async function renewCertificates(
  host: Host,
  request: RenewalRequest,
  places: CertbotPlaces,
): Promise<readonly string[]> {
  const { name, force, directoryRootFile } = request
  const one = async (each: string | undefined) => {
    if (each !== undefined && force) await refuseSpent(host, await renewalOf(host, each, places))
    const which = each === undefined ? [] : ['--cert-name', each]
    return renew(host, [...which, ...(force ? ['--force-renewal'] : [])], { places, directoryRootFile })
  }
  if (name !== undefined) await refuseForeignRenewal(host, name, places)
  const { names, foreign } = name === undefined ? await renewableNames(host, places) : { names: [name], foreign: [] }
  if (foreign.length === 0) await one(name)
  else for (const each of names) await one(each)
  return foreign
}

/** Asks the authority as for a real renewal, and keeps nothing; Let's Encrypt is asked at its rehearsal. */
export async function rehearseRenewal(
  host: Host,
  { name, directoryRootFile }: { name: string; directoryRootFile?: string | undefined },
  places: CertbotPlaces,
): Promise<void> {
  await refuseForeignRenewal(host, name, places)
  const directoryUrl = await directoryUrlOf(host, name, places)
  // Certbot by itself would rehearse the renewal of every certificate there, whoever issued it.
  const elsewhere = directoryUrl === null || directoryUrl === production ? [] : ['--server', directoryUrl]
  await renew(host, ['--cert-name', name, '--dry-run', ...elsewhere], { places, directoryRootFile })
}

/** Where a certificate comes from; null when certbot keeps none of that name. */
export async function directoryUrlOf(host: Host, name: string, { config }: CertbotPlaces): Promise<string | null> {
  const renewal = (await host.read(`${config}/renewal/${name}.conf`)) ?? ''
  return /^server = (\S+)$/m.exec(renewal)?.[1] ?? null
}

async function renew(
  host: Host,
  options: readonly string[],
  { places, directoryRootFile }: { places: CertbotPlaces; directoryRootFile?: string | undefined },
): Promise<void> {
  if (directoryRootFile !== undefined) await refuseTurnable(host, directoryRootFile, (await ownAccount()).owner)
  // Certbot would otherwise wait up to eight minutes, for the sake of the authority, when nobody is at a terminal.
  const argv = ['certbot', 'renew', ...unattended(places), '--no-random-sleep-on-renew', ...options] as const
  const named = options[options.indexOf('--cert-name') + 1]
  const asking = await renewalOf(host, options.includes('--cert-name') ? (named ?? '') : '', places)
  // Rehearsed at an authority of its own, whose limits are wide.
  const rehearsed = { ...asking, directoryUrl: null }
  const program = { argv, env: trusting(directoryRootFile), timeoutSec, aloud: true } as const
  await runCertbot(host, program, options.includes('--dry-run') ? rehearsed : asking)
}

async function renewalOf(host: Host, name: string, places: CertbotPlaces) {
  const pem = name === '' ? null : await host.read(`${places.config}/live/${name}/cert.pem`)
  const domains = (pem === null ? null : readCertificate(pem, Date.now()))?.names ?? []
  // Of many at once, a failure tells the domain; whose they are is whoever certbot asks, most often Let's Encrypt.
  const directoryUrl = name === '' ? production : await directoryUrlOf(host, name, places)
  return { name, domains, directoryUrl, places }
}

const timeoutSec = 540

function unattended({ config, work, logs }: CertbotPlaces): string[] {
  return ['--non-interactive', '--config-dir', config, '--work-dir', work, '--logs-dir', logs]
}

const trusting = (rootFile: string | undefined) => (rootFile === undefined ? {} : { REQUESTS_CA_BUNDLE: rootFile })
