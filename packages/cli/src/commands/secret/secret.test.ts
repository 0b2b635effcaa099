import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { noContent, ok, problem } from '../../testing/fake-api.ts'
import { aServer, noon, page, serverId } from '../../testing/fixtures.ts'
import { createConnectedWorld } from '../../testing/world.ts'

const value = 'hunter2-hunter2'
const aSecret = {
  name: 'db',
  version: 3,
  servers: null,
  keyVersion: 1,
  state: 'ok',
  createdAt: noon(),
  createdBy: 'admin-key',
  updatedAt: noon(30),
  updatedBy: 'token:ci',
}

async function setup(options: { stdin?: string; tty?: boolean } = {}) {
  const world = await createConnectedWorld(options)
  world.api.on('PUT /v1/secrets/db', ok(aSecret))
  world.api.on('GET /v1/secrets', ok(page([aSecret])))
  world.api.on('GET /v1/servers', ok(page([aServer()])))
  return { ...world, sent: () => world.api.seen('PUT /v1/secrets/db').map(({ body }) => body) }
}

it('a secret is set from standard input, without the line break at its end, and never shown', async () => {
  const { run, sent } = await setup({ stdin: `${value}\n` })
  const told = await run('secret', 'set', 'db')
  expect([told.code, sent()]).toEqual([0, [{ value }]])
  expect(told.stdout).toContain('Set "db", version 3.')
  expect(told.screen).not.toContain(value)
})

it('a person is asked for it', async () => {
  const { run, sent } = await setup({ stdin: value, tty: true })
  const { screen } = await run('secret', 'set', 'db', '--lang', 'fr')
  expect(screen).toContain('Valeur de « db » (non affichée)')
  expect(screen).not.toContain(value)
  expect(sent()).toEqual([{ value }])
})

it('a file is taken as it is, and servers are given by name', async () => {
  const { run, home, sent } = await setup()
  writeFileSync(join(home, 'key.pem'), 'line one\nline two\n')
  await run('secret', 'set', 'db', '--from-file', 'key.pem', '--server', 'web-1')
  await run('secret', 'set', 'db', '--from-file', 'key.pem', '--all-servers')
  const text = 'line one\nline two\n'
  expect(sent()).toEqual([
    { value: text, servers: [serverId] },
    { value: text, servers: null },
  ])
})

it('a value on the command line is refused, and nothing is set', async () => {
  const { run, sent } = await setup()
  expect((await run('secret', 'set', 'db', value)).code).toBe(2)
  expect((await run('secret', 'set', 'db')).code).toBe(2)
  expect(sent()).toEqual([])
})

it('secrets are listed by name, version, time and person, and what is broken stands out', async () => {
  const { run, api } = await setup()
  const { stdout } = await run('secret', 'list')
  for (const text of ['db', '3', 'token:ci', 'all', 'ok']) expect(stdout).toContain(text)
  api.on('GET /v1/secrets', ok(page([{ ...aSecret, state: 'broken', servers: [serverId] }])))
  expect((await run('secret', 'list', '--lang', 'fr')).stdout).toContain('modifié dans la base')
  api.on('GET /v1/secrets', ok(page([])))
  expect((await run('secret', 'list')).stderr).toContain('ikoma secret set')
  expect(JSON.parse((await run('secret', 'list', '--json')).stdout).items).toEqual([])
})

it('a secret is removed once it is named again, and by force where it is named by orders', async () => {
  const { run, api } = await setup()
  const inUse = problem(409, 'secret_in_use', 'The secret "db" is named by order 1.')
  api.on('DELETE /v1/secrets/db', inUse, noContent)
  expect((await run('secret', 'remove', 'db')).code).toBe(2)
  expect(await run('secret', 'remove', 'db', '--confirm', 'db')).toMatchObject({ code: 5 })
  expect((await run('secret', 'remove', 'db', '--confirm', 'db', '--force')).code).toBe(0)
  expect(api.seen('DELETE /v1/secrets/db').map(({ query }) => query.force)).toEqual(['false', 'true'])
})

it('a rotation goes on until none is left, and says how far it is', async () => {
  const { run, api } = await setup()
  const answers = [
    { keyVersion: 2, moved: 100, done: false },
    { keyVersion: 2, moved: 7, done: true },
  ]
  api.on('POST /v1/secrets/rotate', ...answers.map((answer) => ok(answer)))
  const { stdout, stderr } = await run('secret', 'rotate')
  expect([stdout, stderr]).toEqual(['107 secrets moved to key 2.\n', '100 moved so far.\n'])
  expect(api.seen('POST /v1/secrets/rotate').map(({ body }) => body)).toEqual([{}, { keyVersion: 2 }])
})

it('plain text where a secret belongs is refused with the commands that mend it, in both languages', async () => {
  const { run, api } = await setup()
  api.on('POST /v1/orders', problem(400, 'plain_secret', 'body/payload/env/DB_PASSWORD: its name says …'))
  const words = [
    'order',
    'create',
    'shell.run',
    '--set',
    'argv=["/bin/true"]',
    '--set',
    'env.DB_PASSWORD=x',
    '--confirm',
    'shell.run',
  ]
  const told = await run(...words)
  expect(told).toMatchObject({ code: 2 })
  expect(told.stderr).toContain('--set <field>.secret=<name>')
  expect((await run(...words, '--lang', 'fr')).stderr).toContain('Gardez-le comme secret')
  expect(api.seen('POST /v1/orders')[0]?.body).toMatchObject({ payload: { env: { DB_PASSWORD: 'x' } } })
})

it('a reference is written with --set, and numbers in place of text stay text', async () => {
  const { run, api } = await setup()
  const words = [
    '--set',
    'argv=["/bin/true"]',
    '--set',
    'env.PIN.secret=pin',
    '--set',
    'env.COUNT=123',
    '--confirm',
    'shell.run',
  ]
  await run('order', 'create', 'shell.run', ...words)
  expect(api.seen('POST /v1/orders')[0]?.body).toMatchObject({
    payload: { env: { PIN: { secret: 'pin' }, COUNT: '123' } },
  })
})
