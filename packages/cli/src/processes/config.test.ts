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

describe('DATABASE_URL', () => {
  const messageOf = (url: string) => {
    try {
      readControlPlaneConfig({ DATABASE_URL: url }, '/')
      return null
    } catch (error) {
      return (error as AppError).fields?.map(({ field, message }) => `${field} ${message}`).join('; ')
    }
  }

  it.each([
    ['postgres://u:a@db/x', null],
    ['postgresql://db.internal:5433/x?sslmode=require&options=a,b', null],
    ['postgres://u:p%2C@db/x', null],
    ['postgres://a:1,b:2/x', 'names several hosts'],
    ['postgres://u:p@a,b,c/x?target_session_attrs=read-write', 'names several hosts'],
    ['postgresql://u:p,q@a:5432,b:5432/x', 'names several hosts'],
    ['mysql://db/x', 'postgres:// address'],
    ['db.internal', 'postgres:// address'],
  ])('%s', (url, said) => {
    if (said === null) expect(messageOf(url)).toBeNull()
    else expect(messageOf(url)).toMatch(new RegExp(`^DATABASE_URL .*${said}`))
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
