import { describe, expect, it } from 'vitest'
import { anyScopeAllows, scopeAllows, scopePattern } from './scope.ts'

describe('a scope', () => {
  it.each([
    ['platform.caddy', 'platform.caddy', true],
    ['platform.caddy', 'platform.caddy.route.apply', true],
    ['platform', 'platform.caddy', true],
    ['*', 'anything.at.all', true],
    ['platform.caddy', 'platform.caddyx', false],
    ['platform.caddy', 'platform.caddyx.route', false],
    ['platform.caddy', 'platform', false],
    ['platform.caddy.route', 'platform.caddy', false],
    ['caddy', 'platform.caddy', false],
    ['platform.cad', 'platform.caddy', false],
    ['Platform', 'platform', false],
    ['', 'platform', false],
    ['platform.*', 'platform.caddy', false],
  ])('"%s" on "%s": %s', (scope, required, allowed) => {
    expect(scopeAllows(scope, required)).toBe(allowed)
    expect(anyScopeAllows(['other', scope], required)).toBe(allowed)
  })

  it('is needed: none allows nothing', () => {
    expect(anyScopeAllows([], 'platform')).toBe(false)
  })

  it.each(['*', 'a', 'platform.caddy', 'db_1.backup-2', '0.x'])('may be written "%s"', (scope) => {
    expect(scope).toMatch(scopePattern)
  })

  it.each(['', '.', 'a.', '.a', 'a..b', 'A', 'a b', 'a.*', '**', '-a', 'a.-b', 'é', 'a\n', 'a\nb'])(
    'may not be written %j',
    (scope) => {
      expect(scope).not.toMatch(scopePattern)
    },
  )
})
