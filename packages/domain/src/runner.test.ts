import { describe, expect, it } from 'vitest'
import { roleAllows, roles } from './access.ts'
import { awaitedToken, runnerOfflineAfterMs, runnerStatus } from './runner.ts'
import { noon } from './testing/orders.ts'

describe('the status of a runner', () => {
  const tokens = { tokenHash: 'h', previousTokenHash: null, previousTokenExpiresAt: null }
  const seen = { disabled: false, reported: 'ONLINE', lastSeenAt: noon, ...tokens } as const

  it('follows what was last heard of it', () => {
    expect(runnerStatus(seen, noon + runnerOfflineAfterMs)).toBe('ONLINE')
    expect(runnerStatus(seen, noon + runnerOfflineAfterMs + 1)).toBe('OFFLINE')
    expect(runnerStatus({ ...seen, reported: null }, noon)).toBe('ONLINE')
    expect(runnerStatus({ ...seen, reported: 'OFFLINE' }, noon)).toBe('OFFLINE')
    expect(runnerStatus({ ...seen, lastSeenAt: null }, noon)).toBe('OFFLINE')
  })

  it('is OFFLINE from when its token ended before it had brought the one that was asked for', () => {
    const awaited = { ...seen, tokenHash: awaitedToken(noon), previousTokenHash: 'h', previousTokenExpiresAt: noon + 5 }
    expect(runnerStatus(awaited, noon + 4)).toBe('ONLINE')
    expect(runnerStatus(awaited, noon + 5)).toBe('OFFLINE')
    expect(runnerStatus({ ...awaited, previousTokenHash: null }, noon)).toBe('OFFLINE')
  })

  it('is DISABLED whatever it says', () => {
    expect(runnerStatus({ ...seen, disabled: true }, noon)).toBe('DISABLED')
  })
})

describe('a role', () => {
  it('may do all that the roles before it may, and nothing more', () => {
    for (const [held, heldRank] of roles.map((role, rank) => [role, rank] as const)) {
      for (const [required, rank] of roles.map((role, rank) => [role, rank] as const)) {
        expect(roleAllows(held, required), `${held} for ${required}`).toBe(heldRank >= rank)
      }
    }
  })
})
