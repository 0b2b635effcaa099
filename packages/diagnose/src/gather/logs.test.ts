import type { Tool } from '@ikoma/machine/testing/simulated-host'
import { describe, expect, test } from 'vitest'
import { entry, files, looping, now, running, setup, systemd } from '../testing/machine-with-app.ts'

describe('logs', () => {
  test('are read newest first, in whatever form the journal gives a message', async () => {
    const bytes = [...Buffer.from('caf\u00e9 \u2615 \nsecond line')]
    const journal = [
      entry(bytes),
      entry(null),
      'cut in the mid',
      entry('{"level":50,"msg":"it broke","err":{"code":"E1"}}'),
    ]
    const { evidence, host } = await setup({ unit: 'gateway.service' }, { files, tools: systemd(looping, ...journal) })
    expect(evidence.logs.map(({ text }) => text)).toEqual(['café ☕ ', 'second line', '50 it broke E1'])
    expect(host.ran.find((argv) => argv.includes('--unit=gateway.service'))).toContain(`--since=@${now / 1000 - 3600}`)
  })

  test('hide what the environment of the app holds, before they are cut', async () => {
    const long = `${'x'.repeat(390)}s3cr3t-of-the-app`
    const journal = [entry('login with s3cr3t-of-the-app and inline-key-1'), entry(long)]
    const { evidence } = await setup({ unit: 'gateway.service' }, { files, tools: systemd(looping, ...journal) })
    expect(JSON.stringify(evidence)).not.toMatch(/s3cr3t|inline-key-1/)
    expect(evidence.logs[0]?.text).toBe('login with [REDACTED] and [REDACTED]')
    expect(evidence.logs[1]?.text.length).toBeLessThanOrEqual(400)
  })

  test('hide values as they are, however systemd and a file quote them', async () => {
    const environment = 'Environment=NODE_ENV=production "API_KEY=in\\$line\\"key" "PEM_KEY=two\nlines=of it" LAST=1'
    const variables = [
      'SESSION_SECRET="of\\$the\\\\app"',
      'SMTP_PASS="relay" # of the relay',
      'SIGNING_KEY="two',
      'lines"',
      "  export OTHER_KEY='it\\\"is'",
      'PLAIN= bare ',
      'BROKEN="open',
    ].join('\n')
    const { hidden } = await setup(
      { unit: 'gateway.service' },
      {
        files: { ...files, '/etc/systemd/system/gateway.service.env': variables },
        tools: systemd(looping.replace(/Environment=.*/, () => environment)),
      },
    )
    expect(hidden).toEqual([
      {
        ...{ NODE_ENV: 'production', API_KEY: 'in$line"key', PEM_KEY: 'two\nlines=of it', LAST: '1' },
        ...{ SESSION_SECRET: 'of$the\\app', SMTP_PASS: 'relay', SIGNING_KEY: 'two\nlines', OTHER_KEY: 'it\\"is' },
        ...{ PLAIN: 'bare', BROKEN: '"open' },
      },
      {},
    ])
  })

  test('from before its last start are over, those since then are not', async () => {
    const old = entry('Error: listen EADDRINUSE: address already in use :::8080', 90)
    const subject = { unit: 'gateway.service', sinceMin: 120 }
    const settled = await setup(subject, { files, tools: systemd(running, old) })
    expect([settled.evidence.logs, settled.found]).toEqual([[], []])
    const loop = await setup(subject, { files, tools: systemd(looping, old) })
    expect(loop.found).toEqual(['restart_loop'])
    const ofIt = entry('Error: listen EADDRINUSE: address already in use :::8080', 30)
    expect((await setup(subject, { files, tools: systemd(looping, ofIt, old) })).found).toEqual([
      'port_taken',
      'restart_loop',
    ])
  })

  test('of Caddy and nginx are read for one site, and without the request, whose headers and query hold credentials', async () => {
    const caddy = {
      ...{ level: 'error', logger: 'http.log.error', msg: 'dial tcp 127.0.0.1:3000: connect: connection refused' },
      request: { host: 'a.test:443', uri: '/login?token=t0ken', headers: { Cookie: ['sid=c00kie'] } },
    }
    const other = { ...caddy, request: { host: 'b.test' } }
    const failed = { level: 'error', msg: 'challenge failed', identifier: 'b.test' }
    const refused = 'connect() failed (111: Connection refused) while connecting to upstream'
    const request = 'client: 192.0.2.9, server: x, request: "GET /a?token=t0ken HTTP/1.1"'
    const at = localTime(now - 60_000)
    const nginx = `${at} [error] 7#7: *1 ${refused}, ${request}, upstream: "http://127.0.0.1:3000/a?token=t0ken", host: "a.test"`
    const stale = `${localTime(now - 7_200_000)} [emerg] 7#7: unknown directive "old"`
    const said = [caddy, other, failed].map((each) => entry(JSON.stringify(each)))
    const journalctl: Tool = ({ args }) => ({
      stdout: args.includes('--unit=caddy.service') ? said.join('\n') : '',
    })
    const { evidence } = await setup(
      { domain: 'a.test' },
      {
        files: { ...files, '/var/log/nginx/error.log': '' },
        tools: { journalctl, tail: () => ({ stdout: `${stale}\n${nginx}\n` }) },
      },
    )
    expect(evidence.logs.map(({ text }) => text)).toEqual([
      'error http.log.error dial tcp 127.0.0.1:3000: connect: connection refused',
      `${at} [error] 7#7: *1 ${refused}, server: x, upstream: "http://127.0.0.1:3000/a", host: "a.test"`,
    ])
  })

  test('of a proxy hide the request also where the end of a long line was cut', async () => {
    const request = { host: 'a.test', headers: { Cookie: ['sid=c00kie'], Filler: 'x'.repeat(3950) } }
    const long = JSON.stringify({ level: 'error', msg: 'no upstreams available', request, status: 502 })
    const journalctl: Tool = ({ args }) => ({ stdout: args.includes('--unit=caddy.service') ? entry(long) : '' })
    const { evidence } = await setup({ domain: 'a.test' }, { tools: { journalctl } })
    expect(evidence.logs.map(({ text }) => text)).toEqual(['{"level":"error","msg":"no upstreams available" …'])
  })

  test('tell of killed processes through the kernel', async () => {
    const killed = entry('Out of memory: Killed process 812 (node) total-vm:1kB')
    const journalctl: Tool = ({ args }) => (args.includes('--dmesg') ? { stdout: killed } : { code: 1 })
    const { found } = await setup({}, { tools: { journalctl } })
    expect(found).toEqual(['out_of_memory'])
  })
})

/** A time as nginx writes it. */
function localTime(at: number): string {
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString()
  return `${date.slice(0, 10).replaceAll('-', '/')} ${date.slice(11, 19)}`
}
