import { type AuditEntry, type AuditEvent, type AuditHead, auditGenesis } from '@ikoma/domain'
import { type AuditRule, auditKeyOf, linkAudit, verifyAudit } from '@ikoma/domain/audit-chain'
import { describe, expect, it } from 'vitest'
import { anEntry, aServer, noon, sealKey } from '../testing/fixtures.ts'
import { type OpenedStore, type OpenStore, setup, times, wholeAudit } from './world.ts'

const rule: AuditRule = { key: auditKeyOf(sealKey), keyedFrom: 1, unkeyedUntil: 0 }

/** What somebody can do to the audit who has the database and no key, and that a walk along it finds it. */
export function describeAuditEdits(open: OpenStore): void {
  describe('an audit that was edited by somebody without the key', () => {
    it('was whole before, each event under the key', async () => {
      const { events, fault, opened } = await written(open)
      expect(events.every(({ mac }) => mac.startsWith('2.'))).toBe(true)
      expect(await fault()).toBeNull()
      expect(await opened.store.findFirstKeyed()).toBe(1)
    })

    it('is altered, whichever column of an event it was', async () => {
      const { events, fault, replace } = await written(open)
      const third = events[2] as AuditEvent
      const columns = Object.keys(third) as (keyof AuditEvent)[]
      expect(columns).toHaveLength(8)
      for (const column of columns) {
        const value = third[column]
        const edited = { ...third, [column]: typeof value === 'number' ? value + 100 : `${value}x` }
        await replace(events.with(2, edited))
        const found = await fault()
        expect(found, column).toEqual({ seq: 3, fault: column === 'seq' ? 'missing' : 'altered' })
      }
    })

    it('is altered where it was linked anew, with or without a mark', async () => {
      const { events, fault, replace } = await written(open)
      const rewritten = events.map((event) => ({ ...entryOf(event), actor: 'token:scapegoat' }))
      await replace(linkAudit(auditGenesis, rewritten).map((event, at) => ({ ...event, mac: events[at]?.mac ?? '' })))
      expect(await fault()).toEqual({ seq: 1, fault: 'altered' })
      await replace(linkAudit(auditGenesis, rewritten, auditKeyOf(sealKey.map((byte) => byte + 1))))
      expect(await fault()).toEqual({ seq: 1, fault: 'altered' })
      await replace(linkAudit(auditGenesis, rewritten))
      expect(await fault()).toEqual({ seq: 1, fault: 'unkeyed' })
    })

    it('tells an event put in, one taken out and two exchanged', async () => {
      const { events, fault, replace } = await written(open)
      const relinked = (changed: AuditEvent[]) =>
        linkAudit(auditGenesis, changed.map(entryOf)).map((event, at) => ({ ...event, mac: changed[at]?.mac ?? '' }))
      const [, second, third] = events as [AuditEvent, AuditEvent, AuditEvent]
      await replace(relinked(events.toSpliced(2, 0, { ...second, actor: 'token:invented' })))
      expect(await fault()).toEqual({ seq: 3, fault: 'altered' })
      await replace(relinked(events.toSpliced(2, 1)))
      expect(await fault()).toEqual({ seq: 3, fault: 'altered' })
      await replace(relinked(events.toSpliced(1, 2, third, second)))
      expect(await fault()).toEqual({ seq: 2, fault: 'altered' })
      await replace(events.toSpliced(2, 1))
      expect(await fault()).toEqual({ seq: 3, fault: 'missing' })
    })

    it('stays altered when this process writes on behind it', async () => {
      const { opened, events, fault, replace } = await written(open)
      const rewritten = events.map((event) => ({ ...entryOf(event), actor: 'token:scapegoat' }))
      await replace(linkAudit(auditGenesis, rewritten))
      await addServers(opened, 2)
      expect(await fault()).toEqual({ seq: 1, fault: 'unkeyed' })
      expect((await wholeAudit(opened.store)).map(({ mac }) => mac !== '')).toEqual([
        ...events.map(() => false),
        true,
        true,
      ])
    })
  })

  describe('a process of the former version', () => {
    it('goes on with the same chain for as long as it may, and no longer', async () => {
      const { opened, events, replace } = await written(open)
      const last = events.at(-1) as AuditEvent
      const theirs = linkAudit(last, [anEntry('server.created', 'server:theirs')])
      await replace([...events, ...theirs])
      await addServers(opened, 1)
      const all = await wholeAudit(opened.store)
      expect(all.map(({ mac }) => mac !== '').slice(-2)).toEqual([false, true])
      expect(verifyAudit(auditGenesis, all, { ...rule, unkeyedUntil: noon + 1 })).toBeNull()
      expect(verifyAudit(auditGenesis, all, { ...rule, unkeyedUntil: noon })).toEqual({ seq: 5, fault: 'unkeyed' })
    })

    it('leaves a chain that the first event under the key vouches for', async () => {
      const { opened, events, replace } = await written(open)
      const former = linkAudit(auditGenesis, events.map(entryOf))
      await replace(former)
      await addServers(opened, 2)
      const all = await wholeAudit(opened.store)
      const now = { ...rule, keyedFrom: former.length + 1 }
      expect([verifyAudit(auditGenesis, all, now), await opened.store.findFirstKeyed()]).toEqual([null, 5])
      const rewritten = linkAudit(
        auditGenesis,
        all.map((event) => ({ ...entryOf(event), actor: 'token:scapegoat' })),
      ).map((event, at) => ({ ...event, mac: all[at]?.mac ?? '' }))
      await replace(rewritten)
      expect(verifyAudit(auditGenesis, await wholeAudit(opened.store), now)).toEqual({ seq: 5, fault: 'altered' })
    })
  })
}

async function written(open: OpenStore) {
  const opened = await setup(open)
  await addServers(opened, 4)
  const events = await wholeAudit(opened.store)
  return {
    opened,
    events,
    fault: async () => verifyAudit(auditGenesis, await wholeAudit(opened.store), rule),
    replace: (changed: AuditEvent[]) => opened.tamper(replacing(opened, changed)),
  }
}

async function addServers({ store }: OpenedStore, count: number): Promise<void> {
  for (const server of times(count, () => aServer()))
    await store.insertServer(server, anEntry('server.created', `server:${server.id}`))
}

function replacing({ store }: OpenedStore, events: AuditEvent[]): string {
  const rows = events.map(({ seq, at, actor, action, subject, data, hash, mac }) =>
    [seq, at, ...[actor, action, subject, data, hash, mac].map(quoted)].join(', '),
  )
  const insert = `insert into audit (seq, at, actor, action, subject, data, hash, mac) values (${rows.join('), (')})`
  const { seq, hash } = events.at(-1) as AuditHead
  const head = `; update audit_head set seq = ${seq}, hash = ${quoted(hash)}`
  return `delete from audit; ${insert}${store.dialect === 'postgres' ? head : ''}`
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

function entryOf({ at, actor, action, subject, data }: AuditEvent): AuditEntry {
  return { at, actor, action, subject, data: JSON.parse(data) }
}
