import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import type { Change, Desired } from '../plan.ts'
import { directory, file, sameAccess } from '../system/index.ts'
import { refreshLists } from './apt.ts'
import { fingerprintsOf } from './openpgp-key.ts'
import { type AptPin, type AptSource, renderAptPin, renderAptSource } from './source-file.ts'

export interface AptRepository extends Omit<AptSource, 'keyFile'> {
  /** What the files of the repository are called after. */
  name: string
  key: SigningKey
  pin?: AptPin
}

export interface SigningKey {
  url: string
  /** The key's, in upper-case hex. What is fetched must be this key and nothing beside it. */
  fingerprint: string
}

const keyrings = '/etc/apt/keyrings'
const access = { mode: 0o644, owner: 'root', group: 'root' }

/** A repository of somebody else, believed for its own key alone. curl fetches the key. */
export function aptRepository({ name, key, pin, ...source }: AptRepository): Desired[] {
  const keyFile = `${keyrings}/ikoma-${name}.asc`
  const content = renderAptSource({ ...source, keyFile })
  return [
    directory({ path: keyrings, ...access, mode: 0o755 }),
    signingKey(keyFile, key),
    ...(pin ? [file({ path: `/etc/apt/preferences.d/ikoma-${name}`, content: renderAptPin(pin), ...access })] : []),
    offered(file({ path: sourceFile(name), content, ...access })),
  ]
}

/** What it offers is fetched when it is new, so that whatever comes after can be planned. The lists are a cache. */
function offered(source: Desired): Desired {
  return async (host) => {
    const changes = await source(host)
    if (changes.length === 0) return []
    const fetched = { title: 'fetch what it offers', diff: null, apply: refreshLists, undo: async () => {} }
    return [...changes, fetched]
  }
}

export function sourceFile(name: string): string {
  return `/etc/apt/sources.list.d/ikoma-${name}.sources`
}

function signingKey(path: string, key: SigningKey): Desired {
  return async (host) => {
    const entry = await host.look(path)
    const before = entry && { ...entry, content: (await host.read(path)) ?? '' }
    if (before && isKey(before.content, key) && sameAccess(before, access)) return []
    const trust: Change = {
      title: `trust the signing key ${key.fingerprint} from ${new URL(key.url).host}`,
      diff: null,
      apply: async (on) => on.write(path, { content: await fetchKey(on, key), ...access }),
      undo: (on) => (before ? on.write(path, before) : on.remove(path)),
    }
    return [trust]
  }
}

async function fetchKey(host: Host, key: SigningKey): Promise<string> {
  const limits = ['--proto', '=https', '--max-time', '60', '--max-filesize', '200000']
  const argv = ['curl', '--fail', '--silent', '--show-error', '--location', ...limits, '--', key.url] as const
  const content = await outputOf(host, { argv })
  if (isKey(content, key)) return content
  const message = `What ${key.url} answered is not the key ${key.fingerprint}. Find out why before you trust it.`
  throw new AppError('unprocessable', message, { reason: 'untrusted_key' })
}

function isKey(content: string, { fingerprint }: SigningKey): boolean {
  const found = fingerprintsOf(content)
  return found?.length === 1 && found[0] === fingerprint
}
