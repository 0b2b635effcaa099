import { describe, expect, it } from 'vitest'
import { roleAllows, roles } from './access.ts'
import { runnerOfflineAfterMs, runnerStatus } from './runner.ts'
import { noon } from './testing/orders.ts'

describe('the status of a runner', () => {
  const seen = { disabled: false, reported: 'ONLINE', lastSeenAt: noon } as const

  it('follows what was last heard of it', () => {
    expect(runnerStatus(seen, noon + runnerOfflineAfterMs)).toBe('ONLINE')
    expect(runnerStatus(seen, noon + runnerOfflineAfterMs + 1)).toBe('OFFLINE')
    expect(runnerStatus({ ...seen, reported: null }, noon)).toBe('ONLINE')
    expect(runnerStatus({ ...seen, reported: 'OFFLINE' }, noon)).toBe('OFFLINE')
    expect(runnerStatus({ ...seen, lastSeenAt: null }, noon)).toBe('OFFLINE')
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
