import { describe, expect, it } from 'vitest'
import { anEntry, aSecret, noon } from '../testing/fixtures.ts'
import { moved, type OpenStore, place, refusedWith, setup, times } from './world.ts'

const set = (name: string) => anEntry('secret.set', `secret:${name}`)

export function describeSecrets(open: OpenStore): void {
  describe('secrets', () => {
    it('are kept with every field, replaced by their next version and forgotten', async () => {
      const { store, reopen } = await setup(open)
      const first = aSecret({ servers: ['server-1'], ciphertext: 'a'.repeat(100_000) })
      await store.putSecret(first, null, set(first.name))
      expect(await store.findSecret(first.name)).toEqual(first)
      const second = { ...first, version: 2, servers: null, nonce: 'n', ciphertext: 'c', updatedBy: 'token:x' }
      await store.putSecret(second, 1, set(first.name))
      const again = await reopen()
      expect(await again.findSecret(first.name)).toEqual(second)
      await again.deleteSecret(first.name, false, anEntry('secret.removed', `secret:${first.name}`))
      expect(await again.findSecret(first.name)).toBeNull()
      const audited = await again.listAudit({ subject: `secret:${first.name}` }, 0, 9)
      expect(audited.map(({ action }) => action)).toEqual(['secret.set', 'secret.set', 'secret.removed'])
    })

    it('set by 20 at a time get one version from one of them, and the others are told', async () => {
      const { store } = await setup(open)
      const answers = times(20, (each) =>
        store.putSecret(aSecret({ ciphertext: `c${each}` }), null, set('db-password')).then(
          () => 'set',
          (error) => error.reason,
        ),
      )
      const told = await Promise.all(answers)
      expect(told.filter((each) => each === 'set')).toHaveLength(1)
      expect(told.filter((each) => each === 'secret_changed')).toHaveLength(19)
      expect((await store.auditHead()).seq).toBe(1)
    })

    it('take neither a version twice nor one too far', async () => {
      const { store } = await setup(open)
      await store.putSecret(aSecret(), null, set('db-password'))
      for (const replaces of [null, 2]) {
        const secret = aSecret({ version: 3 })
        const refusal = await refusedWith(store.putSecret(secret, replaces, set('db-password')))
        expect(refusal).toEqual({ code: 'conflict', reason: 'secret_changed' })
      }
    })

    it('are listed by name, page by page, whatever the letters', async () => {
      const { store } = await setup(open)
      const names = ['B', 'a', 'b', 'Z.1', 'a-b', 'a_b']
      for (const name of names) await store.putSecret(aSecret({ name }), null, set(name))
      const first = await store.listSecrets({ limit: 4, cursor: null })
      const rest = await store.listSecrets({ limit: 4, cursor: first.next })
      expect([...first.items, ...rest.items].map(({ name }) => name)).toEqual([...names].sort())
      expect(rest.next).toBeNull()
    })

    it('that a live order or a schedule names are not removed, unless it must be', async () => {
      const { store } = await setup(open)
      const entry = anEntry('secret.removed', 'secret:x')
      for (const name of ['used', 'planned', 'used-2']) await store.putSecret(aSecret({ name }), null, set(name))
      const order = await place(store, { payload: { env: { PASSWORD: { secret: 'used' } } } })
      await place(store, { payload: { text: '{"secret":"used-2"}' } })
      await store.insertSchedule(aScheduleWith({ secret: 'planned' }), entry)
      const inUse = { code: 'conflict', reason: 'secret_in_use' }
      expect(await store.findSecretUse('used')).toBe(`order:${order.id}`)
      expect(await store.findSecretUse('used-2')).toBeNull()
      expect(await refusedWith(store.deleteSecret('used', false, entry))).toEqual(inUse)
      expect(await refusedWith(store.deleteSecret('planned', false, entry))).toEqual(inUse)
      await store.deleteSecret('planned', true, entry)
      await moved(store, order.id, { kind: 'cancel', reason: 'over' }, {})
      await store.deleteSecret('used', false, entry)
      expect(await refusedWith(store.deleteSecret('used', true, entry))).toEqual({
        code: 'not_found',
        reason: 'secret_not_found',
      })
    })

    it('move to another key once, and not when they were set meanwhile', async () => {
      const { store } = await setup(open)
      for (const name of ['a', 'b', 'c']) await store.putSecret(aSecret({ name }), null, set(name))
      const old = await store.listSecretsBefore(2, 2)
      expect(old.map(({ name }) => name)).toEqual(['a', 'b'])
      await store.putSecret(aSecret({ name: 'b', version: 2, ciphertext: 'new' }), 1, set('b'))
      const moves = old.map(({ name, version }) => {
        return { from: 1, to: { name, version, keyVersion: 2, nonce: 'm', ciphertext: 'moved' } }
      })
      expect(await store.moveSecrets(moves, anEntry('secrets.rotated', 'secrets'))).toBe(1)
      expect(await store.moveSecrets(moves, null)).toBe(0)
      expect(await store.findSecret('a')).toEqual(
        aSecret({ name: 'a', keyVersion: 2, nonce: 'm', ciphertext: 'moved' }),
      )
      expect(await store.findSecret('b')).toMatchObject({ keyVersion: 1, ciphertext: 'new' })
      expect((await store.listSecretsBefore(2, 9)).map(({ name }) => name)).toEqual(['b', 'c'])
    })
  })
}

function aScheduleWith(reference: Record<string, unknown>) {
  return {
    id: 'schedule-1',
    name: 'nightly',
    cron: '0 0 * * *',
    timeZone: 'UTC',
    order: { type: 'shell.run', payload: { env: { PASSWORD: reference } } },
    missedRuns: 'skip' as const,
    alertAfterSec: null,
    paused: false,
    nextRunAt: null,
    lastRunAt: null,
    lastOrderId: null,
    lastProblem: null,
    createdAt: noon,
    createdBy: 'admin-key',
    answerable: null,
    seal: '',
  }
}
