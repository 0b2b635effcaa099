import type { BackupManifest } from '@ikoma/api'
import type { Expected } from './program/verbs.ts'

/** The bytes and content that a restored backup is held against. */
export function expectedOf({ bytes, sha256, tables, schemaSha256 }: BackupManifest): Expected {
  return { bytes, sha256, tables, schemaSha256 }
}
