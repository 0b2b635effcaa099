import { createHash } from 'node:crypto'
import { type Grant, grantBatchText, type SignedGrant } from '@ikoma/api'
import { newId } from '@ikoma/kernel'
import { newSigningKey } from '@ikoma/kernel/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { onHost } from './bare-host.ts'
import { installedNode, newVps, type Vps } from './vps.ts'

const socket = '/run/ikoma/executor.sock'
const program = '/opt/ask-executor.ts'

interface Claim {
  orderId: string
  attempt: number
  lease: string
  claimLeaseSec: number
  runLeaseSec: number
  grant: SignedGrant
}

onHost('somebody who has taken over the runner', () => {
  let vps: Vps
  beforeAll(async () => {
    vps = await newVps({ scopes: ['system.directory'] })
    await vps.host.copyIn(`${import.meta.dirname}/programs/ask-executor.ts`, program)
  })
  afterAll(() => vps?.close())

  const grantOf = (more: Partial<Grant> = {}): Grant => ({
    ...{ v: 2, orderId: newId(), type: 'system.directory.apply', payload: { path: '/srv/prize' }, dryRun: false },
    ...{ risk: 'change', retryClass: 'idempotent', runnerId: vps.runnerId, serverId: null },
    ...{ attempt: 1, maxAttempts: 3, lostClaims: 0, lease: newId(), timeoutSec: 60 },
    ...{ issuedAt: Date.now(), notAfter: Date.now() + 60_000, expiresAt: Date.now() + 86_400_000 },
    ...{ auditHead: null, secrets: null },
    ...more,
  })
  const claimWith = ({ orderId, attempt, lease }: Grant, grant: SignedGrant): Claim => {
    return { orderId, attempt, lease, claimLeaseSec: 60, runLeaseSec: 60, grant }
  }
  /** What the control plane itself would hand out: everything about it is right but for `more`. */
  const claimOf = (more: Partial<Grant> = {}) => {
    const grant = grantOf(more)
    return claimWith(grant, vps.controlPlane.keyring.sign([grant])[0] as SignedGrant)
  }
  const ask = async (claim: unknown, user = 'ikoma') => {
    const argv = [installedNode, program, socket] as const
    const { stdout, stderr } = await vps.host.runAs(user, argv, { input: `${JSON.stringify({ claim })}\n` })
    const last = stdout.trim().split('\n').at(-1) ?? ''
    if (last === '') throw new Error(`The executor said nothing. ${stderr}`)
    return JSON.parse(last) as { error?: string; result?: { ok: boolean; errors?: { code: string }[] } }
  }
  const codesOf = ({ result }: Awaited<ReturnType<typeof ask>>) => result?.errors?.map(({ code }) => code)
  /** Everything but what belongs to the runner itself, and what the system writes by itself. */
  const machine = () =>
    vps.host.see([
      'find',
      '/boot',
      '/etc',
      '/home',
      '/opt',
      '/root',
      '/srv',
      '/usr',
      '-printf',
      '%p %m %u %g %s %T@\\n',
    ])

  test('can have done what the control plane has signed for this runner: so the refusals below mean something', async () => {
    const answer = await ask(claimOf({ payload: { path: '/srv/allowed' } }))
    expect(answer.result).toMatchObject({ ok: true })
    expect(await vps.host.see(['stat', '--format', '%F %U', '/srv/allowed'])).toBe('directory root\n')
  })

  describe('gets nothing done with', () => {
    const thief = newSigningKey()
    const signedByThief = (grant: Grant, keyId = thief.keyId): SignedGrant => {
      const bytes = Buffer.from(JSON.stringify(grant))
      const batch = [createHash('sha256').update(bytes).digest('base64url')]
      const signature = thief.sign(Buffer.from(grantBatchText(batch)))
      return { v: 2, keyId, bytes: bytes.toString('base64url'), batch, place: 0, signature }
    }
    const forged = (change: (claim: Claim) => Partial<SignedGrant>): Claim => {
      const claim = claimOf()
      return { ...claim, grant: { ...claim.grant, ...change(claim) } }
    }
    const swap = (claim: Claim, from: string, to: string) => ({
      bytes: Buffer.from(Buffer.from(claim.grant.bytes, 'base64url').toString().replace(from, to)).toString(
        'base64url',
      ),
    })

    test.each<[string, () => unknown, string]>([
      ['an order that nobody signed', () => forged(() => ({ signature: '' })), 'refused_signature'],
      [
        'an order signed by somebody else under the name of our key',
        () => {
          const grant = grantOf()
          return claimWith(grant, signedByThief(grant, vps.controlPlane.keyring.verifyKey.keyId))
        },
        'refused_signature',
      ],
      [
        'an order signed by somebody else',
        () => {
          const grant = grantOf()
          return claimWith(grant, signedByThief(grant))
        },
        'refused_signature',
      ],
      ['an altered payload', () => forged((claim) => swap(claim, '/srv/prize', '/etc/prize')), 'refused_signature'],
      ['an expired order', () => claimOf({ notAfter: Date.now() - 1_000 }), 'refused_signature'],
      [
        'an order from the future',
        () => claimOf({ issuedAt: Date.now() + 300_000, notAfter: Date.now() + 360_000 }),
        'refused_signature',
      ],
      ['an order that is good for a day', () => claimOf({ notAfter: Date.now() + 86_400_000 }), 'refused_signature'],
      ['an attempt too many', () => claimOf({ attempt: 4 }), 'refused_signature'],
      ['an order meant for another runner', () => claimOf({ runnerId: newId() }), 'refused_signature'],
      ['an order under another attempt', () => ({ ...claimOf(), attempt: 2 }), 'refused_signature'],
      ['an order under another lease', () => ({ ...claimOf(), lease: newId() }), 'refused_signature'],
      ['a grant of an older version', () => claimOf({ v: 0 as never }), 'refused_signature'],
      [
        'a verb that the policy of the server does not name, well signed',
        () => claimOf({ type: 'system.user.apply', payload: { name: 'thief', home: '/srv/thief' } }),
        'refused_policy',
      ],
      [
        'a program to run as root, well signed',
        () => claimOf({ type: 'shell.run', payload: { argv: ['touch', '/srv/prize'] } }),
        'refused_policy',
      ],
      ['a verb that does not exist, well signed', () => claimOf({ type: 'system.root.shell' }), 'unknown_type'],
      [
        'a payload out of bounds, well signed',
        () => claimOf({ payload: { path: '/srv/../etc/prize' } }),
        'invalid_payload',
      ],
    ])('%s', async (_, claim, code) => {
      const before = await machine()
      expect(codesOf(await ask(claim()))).toEqual([code])
      expect(await machine()).toBe(before)
    })

    test('a grant that was used before', async () => {
      const claim = claimOf({ payload: { path: '/srv/once' } })
      expect((await ask(claim)).result).toMatchObject({ ok: true })
      await vps.host.see(['rmdir', '/srv/once'])
      const before = await machine()
      expect(codesOf(await ask(claim))).toEqual(['already_executed'])
      expect(await machine()).toBe(before)
    })

    test('a grant that was kept back until a later attempt of the same order was done', async () => {
      const order = { orderId: newId(), payload: { path: '/srv/later' } }
      const kept = claimOf({ ...order, attempt: 1 })
      expect((await ask(claimOf({ ...order, attempt: 2 }))).result).toMatchObject({ ok: true })
      await vps.host.see(['rmdir', '/srv/later'])
      const before = await machine()
      expect(codesOf(await ask(kept))).toEqual(['already_executed'])
      expect(await machine()).toBe(before)
    })

    test('what is not the protocol at all', async () => {
      const before = await machine()
      for (const nonsense of [null, {}, { orderId: '../../etc/passwd' }]) {
        expect(codesOf(await ask(nonsense))).toEqual(['executor_failed'])
      }
      expect(await machine()).toBe(before)
    })
  })

  test('has the socket to itself: another user cannot connect, and root is not served', async () => {
    const before = await machine()
    expect(await ask(claimOf(), 'nobody')).toEqual({ error: 'EACCES' })
    expect(codesOf(await ask(claimOf(), 'root'))).toEqual(['refused_peer'])
    expect(await machine()).toBe(before)
  })

  test('cannot write what decides: the policy, the configuration of the executor, the units, the program', async () => {
    const places = ['/etc/ikoma', '/etc/systemd/system', '/opt/ikoma', '/run/ikoma']
    const argv = ['find', ...places, '-not', '-type', 'l', '-writable', '-not', '-type', 's'] as const
    const { stdout } = await vps.host.runAs('ikoma', argv)
    expect(stdout).toBe('')
  })

  test('a token that was carried off is worth nothing without the key', async () => {
    const { host, controlPlane, runnerId } = vps
    const identity = JSON.parse(await host.see(['cat', '/var/lib/ikoma/runner/runner.json'])) as { token: string }
    const headers = { 'x-runner-id': runnerId, 'x-runner-token': identity.token, 'content-type': 'application/json' }
    for (const path of ['orders/claim-next', 'heartbeat']) {
      const question = { method: 'POST', headers, body: '{}', signal: AbortSignal.timeout(10_000) }
      const { status } = await fetch(new URL(`/v1/runner/${path}`, controlPlane.url), question)
      expect([path, status]).toEqual([path, 401])
    }
  })
})
