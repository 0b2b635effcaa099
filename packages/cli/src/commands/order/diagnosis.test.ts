import { expect, it } from 'vitest'
import { ok, stream } from '../../testing/fake-api.ts'
import { anOrder, orderId, serverId, succeeded } from '../../testing/fixtures.ts'
import { createConnectedWorld } from '../../testing/world.ts'

const taken = {
  rule: 'port_taken',
  symptom: { en: 'A program cannot open its port', fr: 'Un programme ne peut pas ouvrir son port' },
  cause: { en: 'Port 8080 is held by node (orders.service).', fr: 'Le port 8080 est tenu par node (orders.service).' },
  confidence: 'certain',
  evidence: [
    'gateway.service: Error: listen EADDRINUSE: address already in use :::8080',
    'ss -ltnp: *:8080 \u001b[31mnode',
  ],
  mend: {
    advice: { en: 'Stop orders.service if it is not needed.', fr: 'Arrêtez orders.service s’il est inutile.' },
    order: { type: 'service.systemd.stop', payload: { name: 'orders' } },
  },
  consequenceOf: null,
}
const loop = {
  ...taken,
  rule: 'restart_loop',
  symptom: { en: 'The service restarts in a loop', fr: 'Le service redémarre en boucle' },
  cause: { en: 'It ends soon after each start.', fr: 'Il se termine peu après chaque démarrage.' },
  consequenceOf: 'port_taken',
}
const output = {
  findings: [taken, loop],
  notLookedAt: [{ what: 'firewall', why: 'ufw is not installed on this server.' }],
}

async function setup(changes = {}, report: object = output) {
  const world = await createConnectedWorld()
  const order = anOrder({
    ...succeeded,
    type: 'diagnose.run',
    report: { version: 'v2', ok: true, summary: taken.cause.en, output: report },
    ...changes,
  })
  world.api.on('POST /v1/orders', ok(order, 201))
  world.api.on(`GET /v1/orders/${orderId}/logs`, stream([{ event: 'status', data: order }]))
  return world
}

const diagnose = ['order', 'create', 'diagnose.run', '--set', 'unit=gateway']

it('tells a cause with what shows it and the command that mends it, then what follows', async () => {
  const { stdout } = await (await setup()).run(...diagnose)
  expect(stdout).toBe(`\
  A program cannot open its port — Port 8080 is held by node (orders.service).  (certain)
    │ gateway.service: Error: listen EADDRINUSE: address already in use :::8080
    │ ss -ltnp: *:8080 node
    → Stop orders.service if it is not needed.
      ikoma order create service.systemd.stop --runner 4fd21a7c --payload '{"name":"orders"}'
  The service restarts in a loop — It ends soon after each start.  (follows from: A program cannot open its port)
  not looked at: firewall (ufw is not installed on this server.)
`)
})

it('tells it in French, and names the server where the order was for one', async () => {
  const { stdout } = await (await setup({ serverId })).run(...diagnose, '--lang', 'fr')
  expect(stdout).toContain(
    'Un programme ne peut pas ouvrir son port — Le port 8080 est tenu par node (orders.service).',
  )
  expect(stdout).toContain('→ Arrêtez orders.service s’il est inutile.')
  expect(stdout).toContain('--server 513e77e2 ')
  expect(stdout).toContain('découle de : Un programme ne peut pas ouvrir son port')
  expect(stdout).toContain('non examiné : firewall')
})

it('shows what another version found as names and values', async () => {
  const { stdout } = await (await setup({}, { faults: 2 })).run(...diagnose)
  expect(stdout).toBe('  faults: 2\n')
})

it('is asked for by a command of its own, which says only what it was given', async () => {
  const { run, api } = await setup()
  const { stdout, code } = await run('diagnose', 'gateway', '--port', '8080', '--since', '2h', '--sqlite', '/srv/a.db')
  expect([code, stdout.split('\n')[0]]).toEqual([0, expect.stringContaining('A program cannot open its port')])
  await run('diagnose', '--domain', 'a.test', '--address', 'http://a.test/health', '--pm2', 'a', '--pm2-user', 'b')
  expect(api.seen('POST /v1/orders').map(({ body }) => body)).toMatchObject([
    { type: 'diagnose.run', payload: { unit: 'gateway', port: 8080, sqlitePath: '/srv/a.db', sinceMin: 120 } },
    { type: 'diagnose.run', payload: { domain: 'a.test', url: 'http://a.test/health', pm2Name: 'a', pm2User: 'b' } },
  ])
})
