import { join } from 'node:path'
import { AppError } from '@ikoma/kernel'
import { readSecretFile, replaceSecretFile } from '@ikoma/kernel/node'
import * as z from 'zod'

/** What this folder's control plane knows of the versions that wrote its database; the database cannot change it. */
export interface Versions {
  /** Until when a process of the former version may write beside this one; null when this version never ran here. */
  readonly formerUntil: number | null
  noteFormerUntil(formerUntil: number): void
  /** The number of the first entry of the audit that carries a mark of the key; null when none was looked for. */
  readonly auditKeyedFrom: number | null
  noteAuditKeyedFrom(seq: number): void
}

const contentSchema = z.looseObject({
  seals: z.looseObject({ form: z.number().int(), formerUntil: z.number().int() }).optional(),
  auditKeyedFrom: z.number().int().optional(),
})
type Content = z.infer<typeof contentSchema>

/** `versions.json` of the keys folder, readable by its owner alone. Other parts of it are kept as they are. */
export function openVersions(folder: string): Versions {
  const path = join(folder, 'versions.json')
  let content = read(path)
  const note = (news: Content) => {
    content = { ...read(path), ...news }
    replaceSecretFile(path, JSON.stringify(content))
  }
  return {
    get formerUntil() {
      return content.seals?.formerUntil ?? null
    },
    noteFormerUntil(formerUntil) {
      if (content.seals?.formerUntil !== formerUntil) note({ seals: { form: 2, formerUntil } })
    },
    get auditKeyedFrom() {
      return content.auditKeyedFrom ?? null
    },
    noteAuditKeyedFrom(auditKeyedFrom) {
      if (content.auditKeyedFrom !== auditKeyedFrom) note({ auditKeyedFrom })
    },
  }
}

function read(path: string): Content {
  let text: string
  try {
    text = readSecretFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
  const parsed = contentSchema.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  // Guessing would excuse what was written since.
  throw new AppError('invalid', `${path} is damaged. Restore it from a backup of the keys folder.`, {
    reason: 'versions_damaged',
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
