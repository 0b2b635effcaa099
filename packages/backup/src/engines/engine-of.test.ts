import { type BackupManifest, backupEngines } from '@ikoma/api'
import { expect, test } from 'vitest'
import type { BackupProgram } from '../program/ask.ts'
import { engineOf } from './engine-of.ts'

const tool: BackupProgram = { argv: ['node'], self: { owner: 'root', group: 'root' } }
const connection = { runAs: 'postgres', host: '/var/run/postgresql', port: 5432 }

function manifestOf(more: Partial<BackupManifest>): BackupManifest {
  return {
    ...{ version: 1, id: '20260115T020000Z-1a2b3c', name: 'app', engine: 'sqlite', engineVersion: '3' },
    ...{ source: 'app', runAs: 'app', connection: null, file: 'app.gz', bytes: 4, sha256: 'a'.repeat(64) },
    ...{
      takenAt: '2026-01-15T02:00:00Z',
      takenBy: 'order.1',
      tables: {},
      schemaSha256: '',
      proof: null,
      problem: null,
    },
    ...more,
  }
}

test.each(backupEngines)('a backup of %s is read again by that engine, as the account of its manifest', (engine) => {
  const manifest = manifestOf({ engine, connection: engine === 'postgres' ? connection : null })
  expect(engineOf(tool, manifest).source).toMatchObject({ engine, source: 'app', runAs: 'app' })
})

test('the engine is what the manifest calls it, whatever else it says', () => {
  expect(engineOf(tool, manifestOf({ engine: 'sqlite', connection })).source.engine).toBe('sqlite')
  const unreachable = manifestOf({ engine: 'postgres', connection: null })
  expect(() => engineOf(tool, unreachable)).toThrow(expect.objectContaining({ reason: 'backup_damaged' }))
})
