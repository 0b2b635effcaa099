import type { Page, PageRequest, Store } from '@ikoma/domain'
import { newId } from '@ikoma/kernel'
import { describe, expect, it } from 'vitest'
import { anEntry, aRunner, aServer, noon } from '../testing/fixtures.ts'
import { bring, moved, type OpenStore, place, refusedWith, setup, times } from './world.ts'

export function describeRegistry(open: OpenStore): void {
  describeServers(open)
  describeRunners(open)
  describeAttachment(open)
}

function describeServers(open: OpenStore): void {
  describe('servers', () => {
    it('are kept with every field, changed and forgotten', async () => {
      const { store, reopen } = await setup(open)
      const metadata = { région: 'eu', nested: { n: [1, null] } }
      const server = aServer({ baseUrl: 'https://web-1.example', tags: ['a', 'é', 'a'], metadata })
      await store.insertServer(server, anEntry('server.created', `server:${server.id}`))
      expect(await store.findServer(server.id)).toEqual(server)
      const patch = { name: 'web-2', baseUrl: null, tags: [], metadata: {} }
      const entry = { ...anEntry('server.updated', `server:${server.id}`), at: noon + 5 }
      const changed = { ...server, ...patch, updatedAt: noon + 5 }
      expect(await store.updateServer(server.id, patch, entry)).toEqual(changed)
      const again = await reopen()
      expect(await again.findServer(server.id)).toEqual(changed)
      await again.deleteServer(server.id, anEntry('server.deleted', `server:${server.id}`))
      expect(await again.findServer(server.id)).toBeNull()
    })

    it('that do not exist are refused and leave no audit', async () => {
      const { store } = await setup(open)
      const missing = { code: 'not_found', reason: 'server_not_found' }
      const entry = anEntry('server.updated', 'server:x')
      expect(await refusedWith(store.updateServer('x', { name: 'y' }, entry))).toEqual(missing)
      expect(await refusedWith(store.updateServer('x', {}, entry))).toEqual(missing)
      expect(await refusedWith(store.deleteServer('x', entry))).toEqual(missing)
      expect((await store.auditHead()).seq).toBe(0)
    })

    it('cannot be deleted while an order for them lives', async () => {
      const { store } = await setup(open)
      const server = await insertServer(store)
      const order = await place(store, { serverId: server.id })
      const head = await store.auditHead()
      const refused = await refusedWith(store.deleteServer(server.id, anEntry('server.deleted', 'server:x')))
      expect(refused).toEqual({ code: 'conflict', reason: 'server_has_live_orders' })
      expect(await store.findServer(server.id)).toEqual(server)
      expect(await store.auditHead()).toEqual(head)
      await moved(store, order.id, { kind: 'cancel', reason: null })
      await store.deleteServer(server.id, anEntry('server.deleted', 'server:x'))
      expect(await store.findServer(server.id)).toBeNull()
    })

    it('are listed in pages, oldest first', async () => {
      const { store } = await setup(open)
      const servers = []
      for (const _ of times(5, String)) servers.push(await insertServer(store))
      expect(await pages((page) => store.listServers(page))).toEqual(servers)
    })
  })
}

function describeRunners(open: OpenStore): void {
  describe('runners', () => {
    it('are kept with every field, changed and forgotten', async () => {
      const { store, reopen } = await setup(open)
      const runner = aRunner({
        scopes: ['platform.caddy', '*'],
        labels: { zone: 'é' },
        capabilities: { docker: { version: '28' } },
        disabled: true,
        reported: 'OFFLINE',
        previousTokenHash: 'older',
        previousTokenExpiresAt: noon + 9,
        publicKey: 'key',
        version: '1.2.3',
        lastSeenAt: noon,
        instance: null,
      })
      await store.insertRunner(runner, anEntry('runner.created', `runner:${runner.id}`))
      expect(await store.findRunner(runner.id)).toEqual({ ...runner, serverId: null })
      const patch = { name: 'r2', scopes: [], disabled: false, tokenHash: 'new', previousTokenExpiresAt: null }
      const updated = await store.updateRunner(runner.id, patch, anEntry('runner.updated', `runner:${runner.id}`))
      expect(updated).toEqual({ ...runner, ...patch, serverId: null })
      const again = await reopen()
      expect(await again.findRunner(runner.id)).toEqual(updated)
      await again.deleteRunner(runner.id, anEntry('runner.deleted', `runner:${runner.id}`))
      expect(await again.findRunner(runner.id)).toBeNull()
    })

    it('stay as they are under an empty patch', async () => {
      const { store } = await setup(open)
      const runner = await insertRunner(store)
      expect(await store.updateRunner(runner.id, {}, anEntry('runner.updated', 'runner:x'))).toEqual(runner)
    })

    it('that do not exist are refused and leave no audit', async () => {
      const { store } = await setup(open)
      const missing = { code: 'not_found', reason: 'runner_not_found' }
      const entry = anEntry('runner.updated', 'runner:x')
      expect(await refusedWith(store.updateRunner('x', { name: 'y' }, entry))).toEqual(missing)
      expect(await refusedWith(store.deleteRunner('x', entry))).toEqual(missing)
      await store.touchRunners([{ id: 'x', lastSeenAt: noon }])
      expect(await store.findRunner('x')).toBeNull()
      expect((await store.auditHead()).seq).toBe(0)
    })

    it('cannot be deleted while they hold or are named by a live order', async () => {
      const { store } = await setup(open)
      const runner = await insertRunner(store, 'runner-1')
      const attached = await insertServer(store)
      await store.updateServer(attached.id, { runnerId: runner.id }, anEntry('server.updated', 'server:x'))
      const order = await bring.CLAIMED(store)
      const head = await store.auditHead()
      const refused = await refusedWith(store.deleteRunner(runner.id, anEntry('runner.deleted', 'runner:x')))
      expect(refused).toEqual({ code: 'conflict', reason: 'runner_has_live_orders' })
      expect(await store.findRunner(runner.id)).toEqual({ ...runner, serverId: attached.id })
      expect(await store.auditHead()).toEqual(head)
      await moved(store, order.id, { kind: 'cancel', reason: null })
      await store.deleteRunner(runner.id, anEntry('runner.deleted', 'runner:x'))
      expect(await store.findRunner(runner.id)).toBeNull()
    })

    it('are listed in pages with their servers', async () => {
      const { store } = await setup(open)
      const runners = []
      for (const _ of times(5, String)) runners.push(await insertRunner(store))
      const server = await insertServer(store)
      await store.updateServer(server.id, { runnerId: runners[3]?.id ?? '' }, anEntry('server.updated', 'server:x'))
      const expected = runners.map((runner, index) => (index === 3 ? { ...runner, serverId: server.id } : runner))
      expect(await pages((page) => store.listRunners(page))).toEqual(expected)
    })

    it('are touched many at a time, without audit, and only where something was said', async () => {
      const { store } = await setup(open)
      const [a, b, c] = [await insertRunner(store), await insertRunner(store), await insertRunner(store)]
      const head = await store.auditHead()
      await store.touchRunners([
        {
          id: a.id,
          lastSeenAt: noon + 1,
          reported: 'ONLINE',
          capabilities: { node: '24' },
          version: '2',
          instance: 'i',
        },
        { id: 'gone', lastSeenAt: noon + 1 },
        { id: b.id, lastSeenAt: noon + 2, reported: undefined, version: undefined, instance: undefined },
      ])
      const touched = {
        ...a,
        lastSeenAt: noon + 1,
        reported: 'ONLINE',
        capabilities: { node: '24' },
        version: '2',
        instance: 'i',
      }
      expect(await store.findRunner(a.id)).toEqual(touched)
      expect(await store.findRunner(b.id)).toEqual({ ...b, lastSeenAt: noon + 2 })
      expect(await store.findRunner(c.id)).toEqual(c)
      expect(await store.auditHead()).toEqual(head)
    })
  })
}

function describeAttachment(open: OpenStore): void {
  describe('attaching a runner to a server', () => {
    const entry = anEntry('server.updated', 'server:x')

    it('shows on both, and goes away when detached', async () => {
      const { store } = await setup(open)
      const [server, runner] = [await insertServer(store), await insertRunner(store)]
      await store.updateServer(server.id, { runnerId: runner.id }, entry)
      expect(await store.findServer(server.id)).toMatchObject({ runnerId: runner.id })
      expect(await store.findRunner(runner.id)).toMatchObject({ serverId: server.id })
      await store.updateServer(server.id, { runnerId: runner.id, name: 'same again' }, entry)
      await store.updateServer(server.id, { runnerId: null }, entry)
      expect(await store.findRunner(runner.id)).toEqual(runner)
    })

    it('is refused when the runner serves another server, and changes nothing', async () => {
      const { store } = await setup(open)
      const [one, two, runner] = [await insertServer(store), await insertServer(store), await insertRunner(store)]
      await store.updateServer(one.id, { runnerId: runner.id }, entry)
      const head = await store.auditHead()
      const refused = await refusedWith(store.updateServer(two.id, { runnerId: runner.id, name: 'stolen' }, entry))
      expect(refused).toEqual({ code: 'conflict', reason: 'runner_already_attached' })
      expect(await store.findServer(two.id)).toEqual(two)
      expect(await store.auditHead()).toEqual(head)
    })

    it('gives the runner to one of 20 servers that want it at once', async () => {
      const { store } = await setup(open)
      const runner = await insertRunner(store)
      const servers = []
      for (const _ of times(20, String)) servers.push(await insertServer(store))
      const wishes = servers.map(({ id }) => store.updateServer(id, { runnerId: runner.id }, entry))
      const results = await Promise.allSettled(wishes)
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.reason] : []))
      expect(new Set(reasons)).toEqual(new Set(['runner_already_attached']))
    })

    it('is refused for a runner there is not', async () => {
      const { store } = await setup(open)
      const server = await insertServer(store)
      const refused = await refusedWith(store.updateServer(server.id, { runnerId: 'x' }, entry))
      expect(refused).toEqual({ code: 'not_found', reason: 'runner_not_found' })
      expect(await store.findServer(server.id)).toEqual(server)
    })

    it('ends when either is deleted', async () => {
      const { store } = await setup(open)
      const [server, other] = [await insertServer(store), await insertServer(store)]
      const [runner, second] = [await insertRunner(store), await insertRunner(store)]
      await store.updateServer(server.id, { runnerId: runner.id }, entry)
      await store.updateServer(other.id, { runnerId: second.id }, entry)
      await store.deleteRunner(runner.id, { ...anEntry('runner.deleted', 'runner:x'), at: noon + 7 })
      expect(await store.findServer(server.id)).toEqual({ ...server, updatedAt: noon + 7 })
      await store.deleteServer(other.id, anEntry('server.deleted', 'server:x'))
      expect(await store.findRunner(second.id)).toEqual(second)
    })
  })
}

async function insertServer(store: Store) {
  const server = aServer()
  await store.insertServer(server, anEntry('server.created', `server:${server.id}`))
  return server
}

async function insertRunner(store: Store, id = newId()) {
  const runner = aRunner({ id })
  await store.insertRunner(runner, anEntry('runner.created', `runner:${id}`))
  return { ...runner, serverId: null }
}

/** Reads a list two at a time to its end. */
async function pages<T>(read: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await read({ limit: 2, cursor })
    all.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  return all
}
