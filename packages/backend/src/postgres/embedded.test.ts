import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createLog } from '@ikoma/kernel/node'
import pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { startEmbeddedPostgres } from './embedded.ts'
import { explain, findPrograms } from './server-process.ts'

const log = createLog('silent')

it('keeps its data over a restart, asks for a password, and leaves no other account a way in', async () => {
  const dataDirectory = newFolder()
  const first = await startEmbeddedPostgres({ dataDirectory, log })
  await query(first.url, "create table notes (text text); insert into notes values ('kept')")
  const settings = await query(first.url, 'select name, setting from pg_settings where name = any($1) order by name', [
    [
      'fsync',
      'full_page_writes',
      'synchronous_commit',
      'listen_addresses',
      'unix_socket_directories',
      'server_version',
    ],
  ])
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toMatchObject({
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    listen_addresses: '127.0.0.1',
    server_version: expect.stringMatching(/^18/),
  })
  for (const name of ['app', 'postgres']) {
    await expect(query(`postgres://${name}@127.0.0.1:${first.port}/postgres`, 'select 1')).rejects.toThrow()
    await expect(query(`postgres://${name}:guess@127.0.0.1:${first.port}/app`, 'select 1')).rejects.toThrow(/password/)
  }
  const [role] = await query(first.url, 'select rolsuper, rolbypassrls from pg_roles where rolname = current_user')
  expect(role).toEqual({ rolsuper: false, rolbypassrls: false })
  expect(statSync(dataDirectory).mode & 0o777).toBe(0o700)
  expect(statSync(join(dataDirectory, 'password')).mode & 0o777).toBe(0o600)
  await first.stop()
  await first.stop()
  const again = await startEmbeddedPostgres({ dataDirectory, log })
  onTestFinished(() => again.stop())
  expect(await query(again.url, 'select text from notes')).toEqual([{ text: 'kept' }])
})

it('refuses a second app on its directory by the name of the first, and ends what a killed app left running', async () => {
  const dataDirectory = newFolder()
  const first = await app(dataDirectory)
  await query(first.said.url ?? '', "create table notes (text text); insert into notes values ('kept')")
  const second = await app(dataDirectory)
  expect(second.said).toMatchObject({
    reason: 'postgres_in_use',
    message: expect.stringContaining(`process ${first.child.pid}`),
  })
  expect(await query(first.said.url ?? '', 'select text from notes')).toHaveLength(1)
  await killed(first.child)
  expect(alive(first.said.pid ?? 0)).toBe(true)
  // Two that start at once after a crash: one takes over, the other is refused.
  const both = await Promise.all([app(dataDirectory), app(dataDirectory)])
  const [winner] = both.filter(({ said }) => said.url)
  expect(both.map(({ said }) => said.reason ?? 'started').toSorted()).toEqual(['postgres_in_use', 'started'])
  expect(alive(first.said.pid ?? 0)).toBe(false)
  expect(await query(winner?.said.url ?? '', 'select text from notes')).toEqual([{ text: 'kept' }])
  await killed(winner?.child as ChildProcess)
  const last = await startEmbeddedPostgres({ dataDirectory, log })
  onTestFinished(() => last.stop())
  expect(alive(winner?.said.pid ?? 0)).toBe(false)
})

it('does not take a program that has the number of its old server for that server', async () => {
  const dataDirectory = newFolder()
  const first = await startEmbeddedPostgres({ dataDirectory, log })
  await first.stop()
  const other = spawn('sleep', ['60'])
  onTestFinished(() => killed(other))
  writeFileSync(join(dataDirectory, 'cluster/postmaster.pid'), `${other.pid}\n/elsewhere\n1\n1\n\n127.0.0.1\n1 1\n`)
  const again = await startEmbeddedPostgres({ dataDirectory, log })
  onTestFinished(() => again.stop())
  expect(other.exitCode ?? other.signalCode).toBeNull()
})

it('makes anew what was cut off while it was made, and clears nothing that is not its own', async () => {
  const dataDirectory = newFolder()
  mkdirSync(join(dataDirectory, 'cluster.draft/base'), { recursive: true })
  const first = await startEmbeddedPostgres({ dataDirectory, log })
  await first.stop()
  expect(readdirSync(dataDirectory).toSorted()).toEqual(['cluster', 'lock', 'password'])
  rmSync(join(dataDirectory, 'password'))
  await expect(startEmbeddedPostgres({ dataDirectory, log })).rejects.toMatchObject({ reason: 'postgres_no_password' })
  const foreign = newFolder()
  mkdirSync(join(foreign, 'cluster'))
  writeFileSync(join(foreign, 'cluster/letter.txt'), 'mine')
  await expect(startEmbeddedPostgres({ dataDirectory: foreign, log })).rejects.toThrow('holds no PostgreSQL')
  expect(existsSync(join(foreign, 'cluster/letter.txt'))).toBe(true)
})

it('says what to do about another version, a full disk, a missing program, and a system that forbids its namespace', async () => {
  const dataDirectory = newFolder()
  mkdirSync(join(dataDirectory, 'cluster'))
  writeFileSync(join(dataDirectory, 'cluster/PG_VERSION'), '16\n')
  await expect(startEmbeddedPostgres({ dataDirectory, log })).rejects.toThrow(/written by PostgreSQL 16.*pg_dump/)
  expect(readFileSync(join(dataDirectory, 'cluster/PG_VERSION'), 'utf8')).toBe('16\n')
  expect(() =>
    findPrograms(
      Object.assign(
        () => {
          throw new Error('Cannot find module')
        },
        { paths: () => null },
      ),
    ),
  ).toThrow(/No embedded PostgreSQL .* DATABASE_URL/)
  const said = (text: string) => explain(text, 'start')
  expect(said('unshare: unshare failed: Operation not permitted').message).toContain('DATABASE_URL')
  expect(said('could not write lock file: No space left on device').message).toContain('no room left')
})

it('is refused by a file system without room, and leaves nothing half made', async ({ skip }) => {
  // Too small for a cluster; nobody may mount in every place that runs the tests.
  const folder = newFolder()
  const mounted = spawn('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' })
  const [code] = await once(mounted, 'exit')
  if (code !== 0) skip('no right to mount')
  onTestFinished(async () => {
    await once(spawn('umount', [folder]), 'exit')
  })
  await expect(startEmbeddedPostgres({ dataDirectory: folder, log })).rejects.toMatchObject({
    reason: 'postgres_no_room',
  })
  expect(readdirSync(folder)).not.toContain('cluster')
})

interface Said {
  url?: string
  pid?: number
  reason?: string
  message?: string
}

async function app(dataDirectory: string): Promise<{ child: ChildProcess; said: Said }> {
  const program = join(import.meta.dirname, 'testing/embedded-app.ts')
  const child = spawn(process.execPath, ['--no-warnings', program, dataDirectory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => killed(child))
  const [line] = (await once(createInterface(child.stdout as NodeJS.ReadableStream), 'line')) as [string]
  return { child, said: JSON.parse(line) as Said }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function alive(pid: number): boolean {
  return existsSync(`/proc/${pid}/status`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

async function query(url: string, text: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(text, values)).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-embedded-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
