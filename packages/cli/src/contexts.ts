import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import type { Credential } from '@ikoma/api'
import { AppError, isOpenToOthers } from '@ikoma/kernel'
import * as z from 'zod'
import type { Context } from './command-context.ts'
import { absentFile } from './files.ts'
import type { Io } from './io.ts'

const contextName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)

const contextSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  adminKey: z.string().min(1).optional(),
  token: z.string().min(1).optional(),
  /** Authorities to believe besides those of the system, in PEM. */
  ca: z.string().min(1).optional(),
})

const contextsSchema = z.strictObject({
  current: contextName.nullable(),
  contexts: z.record(contextName, contextSchema),
})

export type StoredContext = z.infer<typeof contextSchema>
export type Contexts = z.infer<typeof contextsSchema>

export function contextsPath({ env, home }: Pick<Io, 'env' | 'home'>): string {
  // The XDG specification: a relative path is to be ignored.
  const base = env.XDG_CONFIG_HOME && isAbsolute(env.XDG_CONFIG_HOME) ? env.XDG_CONFIG_HOME : join(home, '.config')
  return join(base, 'ikoma', 'contexts.json')
}

/** The contexts kept for this person; none when there is no file. Refuses a file that others may read. */
export async function readContexts({ io, t }: Pick<Context, 'io' | 't'>): Promise<Contexts> {
  const path = contextsPath(io)
  const found = await stat(path).catch(absentFile)
  if (!found) return { current: null, contexts: {} }
  if (isOpenToOthers(found)) {
    throw new AppError('forbidden', t.contexts.readableByOthers(path), { reason: 'contexts_readable_by_others' })
  }
  try {
    return contextsSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new AppError('invalid', t.contexts.unreadable(path), { reason: 'contexts_unreadable', cause })
  }
}

export async function writeContexts(contexts: Contexts, { io, t }: Pick<Context, 'io' | 't'>): Promise<void> {
  const checked = contextsSchema.safeParse(contexts)
  if (!checked.success) throw invalidContext(t)
  const path = contextsPath(io)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.new`
  await writeFile(draft, `${JSON.stringify(checked.data, null, 2)}\n`, { mode: 0o600 })
  await rename(draft, path)
}

/** A name that could not be kept is refused before anything is done under it. */
export function refuseUnfitName(name: string, { t }: Pick<Context, 't'>): void {
  if (name === '__proto__' || !contextName.safeParse(name).success) throw invalidContext(t)
}

function invalidContext(t: Context['t']): AppError {
  return new AppError('invalid', t.contexts.invalid, { reason: 'invalid_context' })
}

export function getContext({ contexts }: Contexts, name: string, { t }: Pick<Context, 't'>): StoredContext {
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined
  if (!found) {
    throw new AppError('not_found', t.contexts.unknown(name, Object.keys(contexts)), { reason: 'context_not_found' })
  }
  return found
}

export function credentialOf({ adminKey, token }: Pick<StoredContext, 'adminKey' | 'token'>): Credential | null {
  if (token) return { kind: 'token', token }
  return adminKey ? { kind: 'admin-key', key: adminKey } : null
}
