import type { BackupManifest } from '@ikoma/api'
import type { BackupProgram } from '../program/ask.ts'
import type { Engine } from './engine.ts'
import { postgresOf } from './postgres.ts'
import { sqliteOf } from './sqlite.ts'

const engines: Record<BackupManifest['engine'], (tool: BackupProgram, manifest: BackupManifest) => Engine> = {
  sqlite: sqliteOf,
  postgres: postgresOf,
}

/** The engine that reads a backup again: the one that its manifest names. */
export function engineOf(tool: BackupProgram, manifest: BackupManifest): Engine {
  return engines[manifest.engine](tool, manifest)
}
