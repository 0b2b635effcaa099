import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { newPlace } from '../testing/backups.ts'
import { order } from '../testing/order.ts'
import { versionIn } from './find-tools.ts'

const password = 'open-sesame-42'

/** A real Redis on a socket of its own that asks for a password, and a file that holds it. */
async function setup() {
  const { folder } = newPlace()
  const [socket, authFile, config] = ['redis.sock', 'password', 'redis.conf'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(authFile, `${password}\n`, { mode: 0o600 })
  writeFileSync(config, `port 0\nunixsocket ${socket}\nrequirepass ${password}\nmaxmemory 50mb\ndir ${folder}\n`)
  const server = spawn('redis-server', [config], { stdio: 'ignore' })
  onTestFinished(() => stop(server))
  const ask = (more: object = { authFile }) => order('redis.info', { socket, ...more })
  for (let tries = 0; tries < 100 && !(await ask()).ok; tries += 1) await sleep(50)
  return { ask, socket, authFile, folder }
}

async function stop(server: ChildProcess): Promise<void> {
  const exited = once(server, 'exit')
  server.kill()
  await exited
}

test('tells the state of a Redis that asks for a password, which no process list shows', async () => {
  const { ask } = await setup()
  const result = await ask()
  expect(result).toMatchObject({
    ok: true,
    output: {
      role: 'master',
      maxMemoryBytes: 50 * 2 ** 20,
      maxMemoryPolicy: 'noeviction',
      keys: {},
      persistence: { appendOnly: false, lastSave: 'ok' },
    },
  })
  const { version } = result.output as { version: string }
  expect(versionIn(version)).toBe(version)
  expect(JSON.stringify(result)).not.toContain(password)
})

test('says what is wrong: no password, a wrong one, a file that others can read, nobody there', async () => {
  const { ask, authFile, folder } = await setup()
  const refused = { ok: false, errors: [{ code: 'redis_refused' }] }
  expect((await ask({})).summary).toContain('NOAUTH')
  const wrong = join(folder, 'wrong')
  writeFileSync(wrong, 'wrong-one', { mode: 0o600 })
  const result = await ask({ authFile: wrong })
  expect(result).toMatchObject(refused)
  expect(result.summary).not.toContain('wrong-one')
  chmodSync(authFile, 0o644)
  expect(await ask({ authFile })).toMatchObject({ ok: false, errors: [{ code: 'auth_file_refused' }] })
  expect(await ask({ socket: join(folder, 'none.sock') })).toMatchObject(refused)
})
