import { join } from 'node:path'
import type { Store } from '@ikoma/domain'
import type { AuditRule } from '@ikoma/domain/audit-chain'
import { AppError } from '@ikoma/kernel'
import { readSecretFile, replaceSecretFile } from '@ikoma/kernel/node'
import * as z from 'zod'

/** How long a process of the former version may serve the same database beside this one. */
const besideMs = 24 * 3_600_000

/** What former versions left, kept with the keys: who can write the database cannot write this. */
const fileSchema = z.looseObject({
  /** When a database of a former version was opened by this one; null for one that was new. */
  migratedAt: z.number().int().nullable().default(null),
  /** The number of the first entry of the audit that carries a mark of the key. */
  auditKeyedFrom: z.number().int().nullable().default(null),
})
export type AuditVersions = Pick<z.infer<typeof fileSchema>, 'migratedAt' | 'auditKeyedFrom'>

/**
 * Reads what is kept of former versions or, when the store is opened for the first time, looks and keeps it. What else is in
 * the file stays.
 */
export async function settleVersions(keysDir: string, store: Store, now: number): Promise<AuditVersions> {
  const kept = readFile(keysDir)
  const { migratedAt, auditKeyedFrom } = kept
  if (auditKeyedFrom !== null) return { migratedAt, auditKeyedFrom }
  const found = await lookForVersions(store, now)
  const versions = { ...found, migratedAt: migratedAt ?? found.migratedAt }
  replaceSecretFile(fileIn(keysDir), JSON.stringify({ ...kept, ...versions }))
  return versions
}

/** What the audit of this store must carry. One file has one process: nobody of a former version writes beside it. */
export function auditRuleOf(versions: AuditVersions, dialect: Store['dialect'], key: Uint8Array): AuditRule {
  const { migratedAt, auditKeyedFrom } = versions
  const shared = dialect === 'postgres' && migratedAt !== null
  return { key, keyedFrom: auditKeyedFrom ?? 1, unkeyedUntil: shared ? migratedAt + besideMs : 0 }
}

function readFile(keysDir: string): z.infer<typeof fileSchema> {
  const path = fileIn(keysDir)
  let content: string
  try {
    content = readSecretFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return fileSchema.parse({})
    throw error
  }
  const parsed = fileSchema.safeParse(jsonOf(content))
  if (parsed.success) return parsed.data
  throw new AppError('invalid', `${path} is damaged. Restore it from a backup of the keys folder.`, {
    reason: 'versions_damaged',
  })
}

async function lookForVersions(store: Store, now: number): Promise<AuditVersions> {
  const { seq } = await store.auditHead()
  const first = seq === 0 ? 1 : await store.findFirstKeyed()
  return { migratedAt: first === 1 ? null : now, auditKeyedFrom: first ?? seq + 1 }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const fileIn = (keysDir: string) => join(keysDir, 'versions.json')
