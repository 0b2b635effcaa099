import type { BackupManifest } from '@ikoma/api'
import type { DatabaseTool } from '../drivers/index.ts'
import type { Engine } from './engine.ts'
import { postgresEngine } from './postgres-engine.ts'
import { sqliteEngine } from './sqlite-engine.ts'

/** What reads a backup again. */
export function engineOf(tool: DatabaseTool, { source, runAs, connection }: BackupManifest): Engine {
  if (connection === null) return sqliteEngine(tool, source, runAs)
  return postgresEngine(tool, source, { ...connection, runAs })
}
