import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import { dialects } from '../kit/database.ts'
import { adminKey, type ControlPlane, newWorld, type World } from '../kit/world.ts'

// Who can write the database, drop its triggers and knows how the chain is made, but cannot read the keys folder.

interface Event {
  seq: number
  at: number
  actor: string
  action: string
  subject: string
  data: string
  hash: string
  mac: string
}

async function setup(dialect: (typeof dialects)[number], t: TestContext) {
  const world = await newWorld(dialect, t)
  const server = await world.startServer()
  for (let n = 0; n < 3; n += 1) await server.client.createServer({ name: `server-${n}` })
  return { world, server }
}

async function edit({ database }: World, change: (events: Event[]) => Event[]): Promise<void> {
  const events = change((await database.query('select * from audit order by seq')) as unknown as Event[])
  const statements =
    database.dialect === 'sqlite'
      ? ['drop trigger if exists audit_no_delete', 'drop trigger if exists audit_in_sequence']
      : ['alter table audit disable trigger user']
  statements.push('delete from audit', ...events.map(insertOf))
  const { seq = 0, hash = '' } = events.at(-1) ?? {}
  if (database.dialect === 'postgres') statements.push(`update audit_head set seq = ${seq}, hash = '${hash}'`)
  for (const statement of statements) await database.query(statement)
}

function insertOf({ seq, at, actor, action, subject, data, hash, mac }: Event): string {
  const texts = [actor, action, subject, data, hash, mac].map((text) => `'${text.replaceAll("'", "''")}'`)
  return `insert into audit (seq, at, actor, action, subject, data, hash, mac) values (${seq}, ${at}, ${texts.join(', ')})`
}

/** Every actor is somebody else, numbered and linked as the product does it. */
function scapegoat(events: Event[]): Event[] {
  let hash = ''
  return events.map((event, index) => {
    const rewritten = { ...event, seq: index + 1, at: Number(event.at), actor: 'token:scapegoat' }
    const { seq, at, actor, action, subject, data } = rewritten
    hash = createHash('sha256')
      .update(JSON.stringify([hash, seq, at, actor, action, subject, data]))
      .digest('base64url')
    return { ...rewritten, hash }
  })
}

async function verify(world: World, { url }: ControlPlane, ...args: string[]) {
  const env = { IKOMA_URL: url, IKOMA_ADMIN_KEY: adminKey, NO_COLOR: '1' }
  const command = world.ikoma(['audit', 'verify', ...args], env)
  const { code } = await command.exited
  return { code, said: command.output() }
}

/** As a person who keeps the log would have it. */
function logOf(world: World, ...servers: ControlPlane[]): string {
  const file = join(world.folder, 'ikoma.log')
  writeFileSync(file, servers.map((server) => server.output()).join('\n'))
  return file
}

const headFile = (world: World) => join(world.folder, 'data', 'keys', 'audit.head')
const restart = (world: World) => world.startServer()

describe.each(dialects)('an audit on %s', (dialect) => {
  test.concurrent('that nobody touched is whole, over a restart and against its log', async (t) => {
    const { world, server } = await setup(dialect, t)
    expect(await verify(world, server)).toMatchObject({ code: 0, said: expect.stringContaining('under the key') })
    await server.end('SIGTERM')
    const again = await restart(world)
    await again.client.createServer({ name: 'later' })
    const { code, said } = await verify(world, again, '--head', logOf(world, server, again), '--json')
    expect([code, said]).toEqual([0, expect.stringMatching(/"foreign": 0/)])
    expect(server.output()).toMatch(/"auditHead":"iko_head\.2\.[\w-]+\.[\w-]{86}"/)
  })

  test.concurrent('that was rewritten and linked anew while the control plane ran is altered', async (t) => {
    const { world, server } = await setup(dialect, t)
    await edit(world, scapegoat)
    const { code, said } = await verify(world, server)
    expect([code, said]).toEqual([1, expect.stringContaining('Event 1 is altered')])
    await server.client.createServer({ name: 'later' })
    expect((await verify(world, server)).code).toBe(1)
  })

  test.concurrent('that was cut short while the control plane ran raises the alarm, and says so for good', async (t) => {
    const { world, server } = await setup(dialect, t)
    await server.end('SIGTERM')
    const again = await restart(world)
    await edit(world, (events) => events.slice(0, -2))
    await again.client.createServer({ name: 'in their place' })
    await again.said(/the audit is not what it was/)
    await again.client.createServer({ name: 'and later' })
    const { code, said } = await verify(world, again)
    expect([code, said]).toEqual([1, expect.stringContaining('two histories')])
  })
})

describe('a database file', () => {
  test.concurrent('that was edited while nothing ran is found out at the start, and by whoever asks', async (t) => {
    const { world, server } = await setup('sqlite', t)
    await server.end('SIGTERM')
    await edit(world, (events) => events.slice(0, -1))
    const again = await restart(world)
    await again.said(/the audit is not what it was/)
    const cut = await verify(world, again)
    expect([cut.code, cut.said]).toEqual([1, expect.stringContaining('cut off before event 3')])
    await again.end('SIGTERM')
    await edit(world, scapegoat)
    const last = await verify(world, await restart(world))
    expect([last.code, last.said]).toEqual([1, expect.stringContaining('Event 1 is altered')])
  })

  test.concurrent('that is an older backup is told as such, also when only the log remembers', async (t) => {
    const { world, server } = await setup('sqlite', t)
    await server.end('SIGTERM')
    const file = join(world.folder, 'data', 'ikoma.db')
    copyFileSync(file, `${file}.backup`)
    const later = await restart(world)
    await later.client.createServer({ name: 'after the backup' })
    await later.end('SIGTERM')

    for (const left of ['-wal', '-shm']) rmSync(`${file}${left}`, { force: true })
    copyFileSync(`${file}.backup`, file)
    expect(existsSync(headFile(world))).toBe(true)
    rmSync(headFile(world))
    const log = logOf(world, server, later)
    const restored = await restart(world)
    expect((await verify(world, restored)).code).toBe(0)
    const cut = await verify(world, restored, '--head', log)
    expect([cut.code, cut.said]).toEqual([1, expect.stringContaining('an older backup was restored')])
    await restored.client.createServer({ name: 'another history' })
    const forked = await verify(world, restored, '--head', log)
    expect([forked.code, forked.said]).toEqual([
      1,
      expect.stringContaining('an older state of the database was put back'),
    ])
  })
})
