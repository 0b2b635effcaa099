import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { refuseForeignFolders } from '../safety/index.ts'
import { ownAccount } from '../system/index.ts'
import type { CertbotPlaces } from './places.ts'

/**
 * Refuses a folder for answers in which an account of the server could put a link where certbot, as root, is about to make
 * folders, give them away and write.
 */
export async function refuseForeignWebroot(host: Host, webroot: string): Promise<void> {
  const { owner } = await ownAccount()
  await refuseForeignFolders(host, `${webroot}/.well-known/acme-challenge/answer`, owner)
}

/** Rejects when a certificate that certbot keeps would be renewed through such a folder: people may have named it. */
export async function refuseForeignRenewal(host: Host, name: string, places: CertbotPlaces): Promise<void> {
  for (const webroot of await webrootsOf(host, name, places)) await refuseForeignWebroot(host, webroot)
}

/** The names that certbot renews; those that it would renew through a folder of somebody else apart. */
export async function renewableNames(
  host: Host,
  places: CertbotPlaces,
): Promise<{ names: string[]; foreign: string[] }> {
  const names: string[] = []
  const foreign: string[] = []
  for (const file of await host.list(`${places.config}/renewal`)) {
    const name = /^(.+)\.conf$/.exec(file)?.[1]
    if (name === undefined) continue
    const refused = await refuseForeignRenewal(host, name, places).then(() => false, isUnsafe)
    if (refused) foreign.push(name)
    else names.push(name)
  }
  return { names, foreign }
}

function isUnsafe(error: unknown): boolean {
  if ((error as AppError).reason === 'unsafe_path') return true
  throw error
}

/** `webroot_path = /a, /b,` and, below `[[webroot_map]]`, `domain = /a`, as certbot writes and reads them. */
async function webrootsOf(host: Host, name: string, { config }: CertbotPlaces): Promise<string[]> {
  const lines = ((await host.read(`${config}/renewal/${name}.conf`)) ?? '').split('\n')
  const start = lines.findIndex((line) => /^\s*\[\[\s*webroot_map\s*\]\]/.test(line))
  const mapped = start < 0 ? [] : lines.slice(start + 1)
  const listed = lines.filter((line) => /^\s*webroot_path\s*=/.test(line))
  const values = [...listed, ...mapped].map(
    (line) => /^\s*(?:"[^"]*"|'[^']*'|[^#=[]+?)\s*=\s*(.*?)\s*$/.exec(line)?.[1] ?? '',
  )
  const paths = values.flatMap((value) => value.split(',')).map((path) => path.trim().replace(/^(["'])(.*)\1$/, '$2'))
  return [...new Set(paths.filter((path) => path !== '').map((path) => shortest(name, path)))]
}

function shortest(name: string, path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (path.startsWith('/') && !parts.includes('..')) return `/${parts.join('/')}`
  throw new AppError('unprocessable', `The webroot of the certificate ${name} is no absolute path. Mend it by hand.`, {
    reason: 'unsafe_path',
  })
}
