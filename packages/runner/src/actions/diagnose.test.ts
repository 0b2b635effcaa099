import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { catalogue } from '@ikoma/api'
import { SimulatedHost, type Simulation } from '@ikoma/machine/testing/simulated-host'
import { expect, it, onTestFinished } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { diagnosis } from './diagnose.ts'

async function run(payload: Record<string, unknown>, simulation: Simulation = {}) {
  const { payload: schema, output } = catalogue['diagnose.run']
  const machine = new SimulatedHost(simulation)
  const result = await diagnosis['diagnose.run'](schema.parse(payload), actionContext({ machine }))
  return { result, output: output.parse(result.output), machine }
}

async function serve(status: number): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status, { server: 'nginx/1.22.1' }).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

it('says that nothing is wrong when nothing is, and succeeds', async () => {
  const { result, output } = await run({ url: await serve(204) })
  expect([result.ok, result.summary, output.findings]).toEqual([true, 'Nothing wrong was found.', []])
})

it('asks the address from here, and that something is wrong fails nothing', async () => {
  const url = await serve(502)
  const { result, output } = await run({ url })
  expect(result).toMatchObject({ ok: true, summary: 'The proxy gets no answer from the app.' })
  expect(output.findings).toMatchObject([
    { rule: 'http_server_error', evidence: [`GET ${url}: 502, server nginx/1.22.1`] },
  ])
})

it('tells why an address does not answer', async () => {
  const { output } = await run({ url: 'http://127.0.0.1:1/' })
  expect(output.findings).toMatchObject([
    { rule: 'http_no_answer', evidence: ['GET http://127.0.0.1:1/: connection_refused'] },
  ])
})

it('never shows a secret of the app or what looks like one, also where a line is cut', async () => {
  const secret = 'correct-horse-battery-staple'
  const said = [
    `error: Environment variable not found: REDIS_URL. context ${secret}`,
    `error: Environment variable not found: SMTP_HOST. ${Buffer.from(secret).toString('base64')}`,
    `error: Environment variable not found: SMTP_PORT. password=hunter22hunter22 ${'.'.repeat(310)}${secret}`,
  ]
  const at = Date.now() * 1000
  const journal = said.map((MESSAGE) => JSON.stringify({ __REALTIME_TIMESTAMP: String(at), MESSAGE })).join('\n')
  const state =
    'LoadState=loaded\nActiveState=failed\nSubState=failed\nEnvironmentFiles=/srv/app/.env (ignore_errors=no)\n'
  const { output } = await run(
    { unit: 'app' },
    {
      files: { '/srv/app/.env': `DB_PASSWORD='${secret}'\n` },
      tools: {
        systemctl: () => ({ stdout: state }),
        journalctl: ({ args }) => ({ stdout: args.includes('--unit=app.service') ? journal : '' }),
      },
    },
  )
  expect(output.findings[0]).toMatchObject({ rule: 'environment_missing', evidence: { length: 3 } })
  const shown = JSON.stringify(output)
  expect(shown).not.toMatch(/horse|hunter22|Y29ycmVjd/)
  expect(shown).toContain('context [REDACTED]')
})

it('takes a service by its name, and other units with their suffix', async () => {
  const asked = async (unit: string) => {
    const { machine } = await run({ unit }, { tools: { systemctl: () => ({}) } })
    return machine.ran.find(([tool]) => tool === 'systemctl')?.at(-1)
  }
  expect(await asked('my.app')).toBe('my.app.service')
  expect(await asked('poll.timer')).toBe('poll.timer')
})

it.each([
  ['unit', '--help'],
  ['port', 0],
  ['url', 'file:///etc/passwd'],
  ['domain', 'a.test/../b'],
  ['domain', 'EXAMPLE.test'],
  ['addresses.0', '10.0.0'],
  ['sqlitePath', '/srv/../etc/shadow'],
  ['composeFile', 'compose.yml'],
  ['pm2Name', '-a'],
  ['pm2User', 'a b'],
  ['sinceMin', 100_000],
])('refuses %s %j', (field, value) => {
  const name = field.replace('.0', '')
  const { error } = catalogue['diagnose.run'].payload.safeParse({ [name]: field === name ? value : [value] })
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field])
})
