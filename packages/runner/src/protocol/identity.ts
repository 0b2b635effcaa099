import { createPrivateKey, type KeyObject } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { enrolledSchema } from '@ikoma/api'
import { AppError, isOpenToOthers } from '@ikoma/kernel'
import * as z from 'zod'
import { replaceFile } from '../host/durable-file.ts'
import { findSealKey, sealKeyPath } from './seal-key.ts'
import { messageOf } from './trouble.ts'

const identityFile = 'runner.json'
export const journalFile = 'journal.ndjson'
const keyFile = 'runner-key.pem'

/** What the control plane gave the runner at enrolment. */
const storedIdentity = enrolledSchema.extend({
  // A path would be dropped in silence, and the token sent to whatever answers at the root.
  url: z.url({ protocol: /^https?$/ }).refine((url) => new URL(url).href === `${new URL(url).origin}/`),
  insecure: z.boolean().optional(),
  /** Authorities to believe besides those of the system, in PEM. */
  ca: z.string().min(1).optional(),
  /** Made to replace the token, and perhaps told already: on disk before it is. */
  nextToken: z.string().optional(),
})
type StoredIdentity = z.infer<typeof storedIdentity>

export interface Identity extends StoredIdentity {
  privateKey: KeyObject
  privateKeyPem: string
  /** What opens secrets; null in a state directory that a former version made. */
  sealKeyPem: string | null
}

export function identityPaths(stateDir: string): { identity: string; key: string } {
  return { identity: join(stateDir, identityFile), key: join(stateDir, keyFile) }
}

export async function readIdentity(stateDir: string): Promise<Identity> {
  const paths = identityPaths(stateDir)
  const stored = parseIdentity(paths.identity, await readPrivate(paths.identity))
  const privateKeyPem = await readPrivate(paths.key)
  const sealKeyPem = findSealKey(sealKeyPath(stateDir))
  return { ...stored, privateKeyPem, privateKey: parseKey(paths.key, privateKeyPem), sealKeyPem }
}

/** Changes what the control plane gave, and nothing else that is written there. */
export async function writeIdentity(stateDir: string, patch: Partial<StoredIdentity>): Promise<void> {
  const path = identityPaths(stateDir).identity
  const stored = { ...(JSON.parse(await readPrivate(path)) as object), ...patch }
  await replaceFile(path, `${JSON.stringify(stored, null, 2)}\n`)
}

async function readPrivate(path: string): Promise<string> {
  try {
    await using file = await open(path)
    if (isOpenToOthers(await file.stat())) {
      throw broken(`Others can read ${path}. Run: chmod 600 ${path}`, 'identity_exposed')
    }
    return await file.readFile('utf8')
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw broken(`${path} is missing: this runner is not enrolled. Enrol it first.`, 'not_enrolled')
    }
    throw broken(`${path} cannot be read: ${messageOf(cause)}`, 'identity_unreadable')
  }
}

function parseIdentity(path: string, text: string): StoredIdentity {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw broken(`${path} is not JSON. Enrol this runner again.`, 'identity_invalid')
  }
  const parsed = storedIdentity.safeParse(json)
  if (parsed.success) return parsed.data
  const fields = parsed.error.issues.map(({ path: at }) => at.join('.')).join(', ')
  throw broken(`${path} is not valid (${fields}). Enrol this runner again.`, 'identity_invalid')
}

function parseKey(path: string, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Said below: what went wrong inside a key is nobody's business.
  }
  throw broken(`${path} holds no Ed25519 private key. Enrol this runner again.`, 'identity_invalid')
}

function broken(message: string, reason: string): AppError {
  return new AppError('unprocessable', message, { reason })
}
