import { AppError } from '@ikoma/kernel'
import { describe, expect, it } from 'vitest'
import { readControlPlaneConfig } from './config.ts'

const dayMs = 24 * 3_600_000
const retentionOf = (env: Record<string, string>) => readControlPlaneConfig(env, '/srv/ikoma').retention

describe('TRUST_PROXY', () => {
  it('believes nobody unless somebody is named', () => {
    expect(readControlPlaneConfig({}, '/srv/ikoma').trustProxy).toEqual([])
    expect(readControlPlaneConfig({ TRUST_PROXY: 'loopback, 10.0.0.0/8' }, '/').trustProxy).toEqual([
      'loopback',
      '10.0.0.0/8',
    ])
  })

  it.each(['0.0.0.0/0', '::/0', '10.0.0.1,0.0.0.0/0', '1', 'true'])('refuses %j', (text) => {
    const refused = expect.objectContaining({
      fields: [expect.objectContaining({ field: expect.stringMatching(/^TRUST_PROXY/) })],
    })
    expect(() => readControlPlaneConfig({ TRUST_PROXY: text }, '/')).toThrow(refused)
  })
})

describe('retention', () => {
  it.each([
    [{}, { keepMs: 90 * dayMs, archiveDir: null }],
    [
      { IKOMA_RETENTION_DAYS: '', IKOMA_ARCHIVE_DIR: '' },
      { keepMs: 90 * dayMs, archiveDir: null },
    ],
    [
      { IKOMA_RETENTION_DAYS: '7', IKOMA_ARCHIVE_DIR: 'archive' },
      { keepMs: 7 * dayMs, archiveDir: '/srv/ikoma/archive' },
    ],
    [{ IKOMA_RETENTION_DAYS: '0' }, null],
    [{ IKOMA_RETENTION_DAYS: 'off', IKOMA_ARCHIVE_DIR: '/a' }, null],
  ])('%j is %j', (env, retention) => {
    expect(retentionOf(env)).toEqual(retention)
  })

  it.each(['-1', '0.5', 'never', '400000', ' '])('refuses %j, naming the variable', (days) => {
    const refused = () => retentionOf({ IKOMA_RETENTION_DAYS: days })
    expect(refused).toThrow(AppError)
    try {
      refused()
    } catch (error) {
      expect((error as AppError).fields).toEqual([
        { field: 'IKOMA_RETENTION_DAYS', message: expect.stringContaining('or off') },
      ])
    }
  })
})
