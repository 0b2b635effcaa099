import type { ApiToken, Enrolment, RunnerIdentity, Store } from '@ikoma/domain'
import { enrolmentLifeMs } from '@ikoma/domain'
import { newId } from '@ikoma/kernel'
import { describe, expect, it } from 'vitest'
import { anEntry, aRunner, aServer, noon } from '../testing/fixtures.ts'
import { type OpenStore, refusedWith, setup, times } from './world.ts'

const enrolmentInvalid = { code: 'unauthorized', reason: 'enrolment_invalid' }

export function describeAccess(open: OpenStore): void {
  describeEnrolments(open)
  describeTokens(open)
}

function describeEnrolments(open: OpenStore): void {
  describe('enrolments', () => {
    it('make a runner of what was invited and what the machine brings', async () => {
      const { store, reopen } = await setup(open)
      const enrolment = await invite(store, { scopes: ['platform.caddy'], labels: { zone: 'é' }, concurrency: 3 })
      const identity = aMachine({ capabilities: { docker: true }, version: '1.0.0' })
      const runner = await store.redeemEnrolment(enrolment.tokenHash, identity, noon + 1)
      expect(runner).toEqual({
        ...identity,
        name: enrolment.name,
        scopes: ['platform.caddy'],
        labels: { zone: 'é' },
        concurrency: 3,
        disabled: false,
        reported: null,
        previousTokenHash: null,
        previousTokenExpiresAt: null,
        lastSeenAt: null,
        instance: null,
        createdAt: noon + 1,
        serverId: null,
      })
      expect(await (await reopen()).findRunner(runner.id)).toEqual(runner)
    })

    it('let the machine name itself', async () => {
      const { store } = await setup(open)
      const { tokenHash } = await invite(store)
      expect(await store.redeemEnrolment(tokenHash, aMachine({ name: 'vps-7' }), noon)).toMatchObject({ name: 'vps-7' })
    })

    it('are redeemed by one of 50 concurrent calls', async () => {
      const { store } = await setup(open)
      const { tokenHash } = await invite(store)
      const calls = times(50, () => store.redeemEnrolment(tokenHash, aMachine(), noon))
      const results = await Promise.allSettled(calls)
      const runners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      expect(runners).toHaveLength(1)
      for (const call of calls.filter((_, index) => results[index]?.status === 'rejected')) {
        expect(await refusedWith(call)).toEqual(enrolmentInvalid)
      }
      expect((await store.listRunners({ limit: 99, cursor: null })).items).toEqual(runners)
      expect(await store.listAudit({ action: 'runner.enrolled' }, 0, 99)).toHaveLength(1)
    })

    it('are refused when unknown, used or expired, and leave neither runner nor audit', async () => {
      const { store } = await setup(open)
      const used = await invite(store)
      await store.redeemEnrolment(used.tokenHash, aMachine(), used.expiresAt - 1)
      const expired = await invite(store)
      const head = await store.auditHead()
      for (const [hash, now] of [
        ['unknown', noon],
        [used.tokenHash, noon],
        [expired.tokenHash, expired.expiresAt],
      ] as const) {
        expect(await refusedWith(store.redeemEnrolment(hash, aMachine(), now))).toEqual(enrolmentInvalid)
      }
      expect(await store.auditHead()).toEqual(head)
      expect((await store.listRunners({ limit: 99, cursor: null })).items).toHaveLength(1)
    })

    it('attach the runner to their server, in place of the one before', async () => {
      const { store } = await setup(open)
      const older = aRunner()
      await store.insertRunner(older, anEntry('runner.created', 'runner:x'))
      const server = aServer()
      await store.insertServer(server, anEntry('server.created', 'server:x'))
      await store.updateServer(server.id, { runnerId: older.id }, anEntry('server.updated', 'server:x'))
      const { tokenHash } = await invite(store, { serverId: server.id })
      const runner = await store.redeemEnrolment(tokenHash, aMachine(), noon + 3)
      expect(runner.serverId).toBe(server.id)
      expect(await store.findServer(server.id)).toMatchObject({ runnerId: runner.id, updatedAt: noon + 3 })
      expect(await store.findRunner(older.id)).toMatchObject({ serverId: null })
      const [event] = await store.listAudit({ subject: `runner:${runner.id}` }, 0, 9)
      expect(event).toMatchObject({ action: 'runner.enrolled', actor: 'admin-key', at: noon + 3 })
      expect(JSON.parse(event?.data ?? '')).toMatchObject({ serverId: server.id })
    })

    it('whose redemption failed half way can still be redeemed', async () => {
      const { store } = await setup(open)
      const taken = aRunner()
      await store.insertRunner(taken, anEntry('runner.created', 'runner:x'))
      const { tokenHash } = await invite(store)
      const head = await store.auditHead()
      await refusedWith(store.redeemEnrolment(tokenHash, aMachine({ id: taken.id }), noon))
      expect(await store.auditHead()).toEqual(head)
      expect(await store.redeemEnrolment(tokenHash, aMachine(), noon)).toMatchObject({ name: 'web-1' })
    })

    it('are listed while they can be redeemed, and redeem nothing once they are revoked', async () => {
      const { store, reopen } = await setup(open)
      const [used, revoked, kept] = [await invite(store), await invite(store), await invite(store)]
      await store.redeemEnrolment(used.tokenHash, aMachine(), noon)
      const page = await store.listEnrolments(noon, { limit: 1, cursor: null })
      expect(page).toEqual({ items: [revoked], next: revoked.id })
      expect(await store.listEnrolments(noon, { limit: 1, cursor: page.next })).toEqual({ items: [kept], next: null })
      const entry = anEntry('runner.uninvited', `enrolment:${revoked.id}`)
      await store.revokeEnrolment(revoked.id, noon, entry)
      expect(await refusedWith(store.redeemEnrolment(revoked.tokenHash, aMachine(), noon))).toEqual(enrolmentInvalid)
      const again = await reopen()
      expect((await again.listEnrolments(noon, { limit: 9, cursor: null })).items).toEqual([kept])
      expect((await again.listEnrolments(kept.expiresAt, { limit: 9, cursor: null })).items).toEqual([])
      expect(await again.listAudit({ action: 'runner.uninvited' }, 0, 9)).toHaveLength(1)
      for (const [id, now] of [
        [used.id, noon],
        [revoked.id, noon],
        [kept.id, kept.expiresAt],
        ['x', noon],
      ] as const)
        expect(await refusedWith(again.revokeEnrolment(id, now, entry))).toMatchObject({ code: 'not_found' })
      expect(await again.redeemEnrolment(kept.tokenHash, aMachine(), noon)).toMatchObject({ name: 'web-1' })
    })

    it('for a server that is gone make a runner without one', async () => {
      const { store } = await setup(open)
      const { tokenHash } = await invite(store, { serverId: 'gone' })
      expect(await store.redeemEnrolment(tokenHash, aMachine(), noon)).toMatchObject({ serverId: null })
    })
  })
}

function describeTokens(open: OpenStore): void {
  describe('tokens', () => {
    it('are found by their hash, listed, and dead once deleted', async () => {
      const { store, reopen } = await setup(open)
      const tokens = times(3, (index) => aToken({ name: `t${index}`, role: index === 0 ? 'viewer' : 'admin' }))
      for (const token of tokens) await store.insertToken(token, anEntry('token.created', `token:${token.id}`))
      const [first, second, third] = tokens as [ApiToken, ApiToken, ApiToken]
      expect(await store.findTokenByHash(first.tokenHash)).toEqual(first)
      expect(await store.findTokenByHash('unknown')).toBeNull()
      const page = await store.listTokens({ limit: 2, cursor: null })
      expect(page.items).toEqual([first, second])
      expect(await store.listTokens({ limit: 2, cursor: page.next })).toEqual({ items: [third], next: null })
      await store.deleteToken(first.id, anEntry('token.deleted', `token:${first.id}`))
      expect(await (await reopen()).findTokenByHash(first.tokenHash)).toBeNull()
    })

    it('do not share a name, nor one that could be taken for it, at the same time either', async () => {
      const { store } = await setup(open)
      const names = ['ci', 'CI', ' ci', 'c1', 'ci', 'cı']
      const asked = names.map((name) => {
        const token = aToken({ name })
        return store.insertToken(token, anEntry('token.created', `token:${token.id}`))
      })
      const outcomes = await Promise.allSettled(asked)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const { items } = await store.listTokens({ limit: 10, cursor: null })
      expect(items).toHaveLength(1)
      expect((await store.auditHead()).seq).toBe(1)
      const again = aToken({ name: 'ci' })
      expect(await refusedWith(store.insertToken(again, anEntry('token.created', 'token:x')))).toEqual({
        code: 'conflict',
        reason: 'token_name_taken',
      })
      await store.deleteToken(items[0]?.id ?? '', anEntry('token.deleted', 'token:x'))
      await store.insertToken(again, anEntry('token.created', 'token:x'))
    })

    it('that do not exist cannot be deleted', async () => {
      const { store } = await setup(open)
      const refused = await refusedWith(store.deleteToken('x', anEntry('token.deleted', 'token:x')))
      expect(refused).toEqual({ code: 'not_found', reason: 'token_not_found' })
      expect((await store.auditHead()).seq).toBe(0)
    })
  })
}

async function invite(store: Store, patch: Partial<Enrolment> = {}): Promise<Enrolment> {
  const id = newId()
  const enrolment: Enrolment = {
    id,
    name: 'web-1',
    scopes: [],
    labels: {},
    concurrency: 1,
    serverId: null,
    tokenHash: `hash-of-${id}`,
    createdBy: 'admin-key',
    createdAt: noon,
    expiresAt: noon + enrolmentLifeMs,
    redeemedAt: null,
    runnerId: null,
    ...patch,
  }
  await store.insertEnrolment(enrolment, anEntry('enrolment.created', `enrolment:${id}`))
  return enrolment
}

function aMachine(patch: Partial<RunnerIdentity> = {}): RunnerIdentity {
  const id = newId()
  const told = { publicKey: 'key', sealKey: 'seal', runnerSealKey: 'own', version: null, capabilities: {} }
  return { id, name: null, tokenHash: `token-${id}`, ...told, ...patch }
}

function aToken(patch: Partial<ApiToken> = {}): ApiToken {
  const id = newId()
  const times = { createdAt: noon, expiresAt: noon + 1000 }
  return {
    id,
    name: 'ci',
    role: 'operator',
    tokenHash: `hash-of-${id}`,
    createdBy: 'admin-key',
    seal: 's',
    ...times,
    ...patch,
  }
}
