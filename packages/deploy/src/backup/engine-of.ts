import type { BackupManifest } from '@ikoma/api'
import type { DatabaseTool } from '../drivers/database-tool.ts'
import type { Engine } from './engine.ts'
import { sqliteEngine } from './sqlite-engine.ts'

/** What reads a backup again. */
export function engineOf(tool: DatabaseTool, { source, runAs }: BackupManifest): Engine {
  return sqliteEngine(tool, source, runAs)
}
