import type { BackupManifest } from '@ikoma/api'
import type { DatabaseTool } from '../program/ask.ts'
import type { Engine } from './engine.ts'
import { postgresEngine } from './postgres.ts'
import { sqliteEngine } from './sqlite.ts'

/** What reads a backup again. */
export function engineOf(tool: DatabaseTool, { source, runAs, connection }: BackupManifest): Engine {
  if (connection === null) return sqliteEngine(tool, source, runAs)
  return postgresEngine(tool, source, { ...connection, runAs })
}
