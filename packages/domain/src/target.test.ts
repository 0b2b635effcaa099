import { describe, expect, it } from 'vitest'
import { boundRunnerId, boundScope, targetOf, targetsOfRunner } from './target.ts'

describe('a target', () => {
  it('is the runner before the server before the scope', () => {
    expect(targetOf({ runnerId: 'r', serverId: 's', scope: 'x' })).toBe('runner:r')
    expect(targetOf({ runnerId: null, serverId: 's', scope: 'x' })).toBe('server:s')
    expect(targetOf({ runnerId: null, serverId: null, scope: 'x' })).toBe('scope:x')
  })

  it('of each kind is answered by a runner', () => {
    const runner = { id: 'r', serverId: 's', scopes: ['a', 'b.c'] }
    expect(targetsOfRunner(runner)).toEqual(['runner:r', 'server:s', 'scope:a', 'scope:b.c'])
    expect(targetsOfRunner({ id: 'r', serverId: null, scopes: [] })).toEqual(['runner:r'])
  })

  it('names a runner only when it is one', () => {
    expect(boundRunnerId('runner:r:1')).toBe('r:1')
    expect(boundRunnerId('server:runner:r')).toBeNull()
    expect(boundRunnerId('scope:runner')).toBeNull()
  })

  it('names a scope only when it is one', () => {
    expect(boundScope('scope:platform.caddy')).toBe('platform.caddy')
    expect(boundScope('server:scope:x')).toBeNull()
    expect(boundScope('runner:r')).toBeNull()
  })
})
