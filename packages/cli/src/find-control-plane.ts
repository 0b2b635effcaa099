import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Credential } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { givenAuthorities } from './authorities.ts'
import type { Context } from './command-context.ts'
import { type Contexts, credentialOf, getContext, readContexts, type StoredContext } from './contexts.ts'
import { absentFile } from './files.ts'
import type { Io } from './io.ts'

export interface ControlPlaneOptions {
  url?: string
  context?: string
  /** A file with authorities to believe besides those of the system. */
  ca?: string
}

/** Which control plane a command speaks to, and how that was decided. */
export interface ControlPlane {
  url: string
  credential: Credential | null
  source: 'option' | 'environment' | 'context' | 'local'
  /** Name of the context it comes from. */
  context: string | null
  /** Authorities to believe besides those of the system, in PEM. */
  ca: string | null
}

type Found = Omit<ControlPlane, 'ca'> & { keptCa?: string | undefined }

const defaultUrl = 'http://127.0.0.1:3000'

/** Options first, then the environment, then the current context, then the control plane of this folder. */
export async function findControlPlane(
  options: ControlPlaneOptions,
  context: Pick<Context, 'io' | 't' | 'language'>,
): Promise<ControlPlane> {
  const { keptCa = null, ...found } = await findAddress(options, context)
  return { ...found, ca: (await givenAuthorities(options.ca, context)) ?? keptCa }
}

async function findAddress(options: ControlPlaneOptions, context: Pick<Context, 'io' | 't'>): Promise<Found> {
  const { io, t } = context
  if (options.url) {
    const url = parseUrl(options.url, '--url', t)
    return { url, ...(await keptFor(url, context)), source: 'option', context: null }
  }
  if (options.context) return fromContext(await readContexts(context), options.context, context)
  if (io.env.IKOMA_URL) {
    const url = parseUrl(io.env.IKOMA_URL, 'IKOMA_URL', t)
    return { url, ...(await keptFor(url, context)), source: 'environment', context: null }
  }
  const contexts = await readContexts(context)
  if (contexts.current) return fromContext(contexts, contexts.current, context)
  const credential = credentialInEnv(io) ?? (await localCredential(io))
  return { url: await localUrl(io), credential, source: 'local', context: null }
}

function fromContext(contexts: Contexts, name: string, context: Pick<Context, 't'>): Found {
  const stored = getContext(contexts, name, context)
  return { url: stored.url, credential: credentialOf(stored), source: 'context', context: name, keptCa: stored.ca }
}

/** A credential that was given or kept for this very address: one is never sent to another. */
async function keptFor(url: string, context: Pick<Context, 'io' | 't'>): Promise<Pick<Found, 'credential' | 'keptCa'>> {
  const { io } = context
  const given = credentialGivenFor(url, context)
  // With a credential at hand, a contexts file that cannot be read is no reason to refuse.
  if (given) return { credential: given, keptCa: (await findKept(url, context).catch(() => undefined))?.ca }
  const kept = await findKept(url, context)
  if (kept) return { credential: credentialOf(kept), keptCa: kept.ca }
  return { credential: sameOrigin(await localUrl(io), url) ? await localCredential(io) : null }
}

function credentialGivenFor(url: string, { io, t }: Pick<Context, 'io' | 't'>): Credential | null {
  const named = io.env.IKOMA_URL
  return named && !sameOrigin(parseUrl(named, 'IKOMA_URL', t), url) ? null : credentialInEnv(io)
}

async function findKept(url: string, context: Pick<Context, 'io' | 't'>): Promise<StoredContext | undefined> {
  const { contexts } = await readContexts(context)
  return Object.values(contexts).find((stored) => sameOrigin(stored.url, url))
}

function credentialInEnv({ env }: Io): Credential | null {
  return credentialOf({ token: env.IKOMA_TOKEN, adminKey: env.IKOMA_ADMIN_KEY })
}

/** A control plane started in this folder leaves its address and its admin key beside its database, for its owner to read. */
async function localUrl(io: Io): Promise<string> {
  const left = (await readLocal(io, 'address')) ?? ''
  return URL.canParse(left) ? new URL(left).origin : defaultUrl
}

async function localCredential(io: Io): Promise<Credential | null> {
  const key = await readLocal(io, 'admin.key')
  return key ? { kind: 'admin-key', key } : null
}

async function readLocal({ env, cwd }: Io, name: string): Promise<string | undefined> {
  const folder = env.DB_PATH ? dirname(env.DB_PATH) : 'data'
  return (await readFile(join(resolve(cwd, folder), name), 'utf8').catch(absentFile))?.trim()
}

function sameOrigin(one: string, other: string): boolean {
  return new URL(one).origin === new URL(other).origin
}

export function parseUrl(text: string, where: string, t: Context['t']): string {
  const url = URL.parse(text)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new AppError('invalid', t.errors.badUrl(where, text), { reason: 'invalid_url' })
  }
  // Left out in silence, the rest would lead to somebody else's program; it may hold a password, so it is not repeated.
  if (url.href === `${url.origin}/`) return url.origin
  throw new AppError('invalid', t.errors.urlNotRoot(where, url.origin), { reason: 'url_not_root' })
}
