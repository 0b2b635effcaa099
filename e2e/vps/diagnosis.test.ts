import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../kit/until.ts'
import { onHost } from './bare-host.ts'
import { installedNode, newVps, type Vps } from './vps.ts'

interface Finding {
  rule: string
  confidence: string
  evidence: string[]
  consequenceOf: string | null
  mend: { advice: { fr: string } }
}

/** How the shop is wrong, as somebody would have made it so by hand; what its unit says otherwise is right. */
interface Fault {
  rule: string
  unit?: Record<string, string>
  environment?: Record<string, string>
  prepare?: readonly [string, ...string[]][]
  stopped?: boolean
}

const port = 8080

const faults: readonly Fault[] = [
  {
    rule: 'port_taken',
    prepare: [['systemd-run', '--unit=squatter', '--setenv=PORT=8080', installedNode, '/opt/shop.ts']],
  },
  { rule: 'privileged_port', environment: { PORT: '80' } },
  { rule: 'listening_elsewhere', environment: { PORT: '8081' } },
  { rule: 'environment_missing', environment: { PORT: '' } },
  { rule: 'environment_file_missing', unit: { EnvironmentFile: '/etc/shop.env' } },
  {
    rule: 'permission_denied',
    prepare: [['install', '--mode=600', '/opt/shop.ts', '/opt/closed.ts']],
    unit: { ExecStart: `${installedNode} /opt/closed.ts` },
  },
  { rule: 'database_file_missing', environment: { DB_PATH: '/srv/nowhere/shop.db' } },
  { rule: 'migration_missing', environment: { DB_PATH: '/srv/shop/empty.db' } },
  { rule: 'read_only_path', environment: { LOG_FILE: '/srv/shop/log' }, unit: { ProtectSystem: 'strict' } },
  { rule: 'postgres_not_ready', environment: { POSTGRES_PORT: '5432' } },
  { rule: 'build_missing', unit: { ExecStart: `${installedNode} dist/index.cjs` } },
  { rule: 'program_missing', unit: { ExecStart: '/usr/bin/node dist/index.cjs' } },
  { rule: 'directory_missing', unit: { WorkingDirectory: '/srv/nowhere' } },
  { rule: 'user_missing', unit: { User: 'nobodyhere' } },
  { rule: 'unit_stopped', stopped: true },
]

onHost('a diagnosis', () => {
  let vps: Vps
  beforeAll(async () => {
    vps = await newVps({ scopes: ['system', 'diagnose'] })
    await vps.host.copyIn(`${import.meta.dirname}/programs/shop.ts`, '/opt/shop.ts')
    await vps.done('system.user.apply', { name: 'shop', home: '/srv/shop' })
  })
  afterAll(() => vps?.close())

  /** A unit of its own for each fault: what one has logged is not the other's. */
  async function start({ rule, unit = {}, environment = {}, prepare = [], stopped = false }: Fault): Promise<string> {
    const { host } = vps
    const name = `shop-${rule.replaceAll('_', '-')}`
    const listening = `sport = ${environment.PORT || port}`
    const variables = Object.entries({ PORT: String(port), ...environment }).filter(([, value]) => value !== '')
    const service = { User: 'shop', WorkingDirectory: '/srv/shop', ExecStart: `${installedNode} /opt/shop.ts`, ...unit }
    const lines = [
      '[Unit]',
      'StartLimitIntervalSec=600',
      'StartLimitBurst=3',
      '[Service]',
      'Restart=always',
      ...Object.entries(service).map(([key, value]) => `${key}=${value}`),
      ...variables.map(([key, value]) => `Environment=${key}=${value}`),
    ]
    await host.see(['tee', `/etc/systemd/system/${name}.service`], { input: `${lines.join('\n')}\n` })
    for (const argv of prepare) await host.see(argv)
    await host.see(['systemctl', 'daemon-reload'])
    await host.look(['systemctl', 'reset-failed', name])
    await host.look(['systemctl', 'start', name])
    await until('the shop to serve, or to be given up', async () => {
      const state = await host.see(['systemctl', 'show', '--property=ActiveState', '--value', name])
      const serves = (await host.look(['ss', '--no-header', '--listening', '--tcp', listening])).stdout !== ''
      return state === 'failed\n' || serves
    })
    if (stopped) await host.see(['systemctl', 'stop', name])
    return name
  }

  async function end(name: string): Promise<void> {
    await vps.host.look(['systemctl', 'stop', name, 'squatter'])
    await vps.host.see(['rm', `/etc/systemd/system/${name}.service`])
  }

  const diagnosed = async (unit: string) => {
    const { findings } = (await vps.done('diagnose.run', { unit, port })) as unknown as { findings: Finding[] }
    return findings
  }

  test('finds nothing wrong with an app that is well', async () => {
    const name = await start({ rule: 'none' })
    expect(await diagnosed(name)).toEqual([])
    await end(name)
  })

  test('tells the fault that is there, and none of those that were mended', async () => {
    const mended: Omit<Fault, 'rule'>[] = [
      { unit: { WorkingDirectory: '/srv/nowhere' } },
      { unit: { User: 'nobodyhere' } },
      { unit: { ExecStart: '/usr/bin/node dist/index.cjs' } },
    ]
    for (const fault of mended) await start({ rule: 'mended', ...fault })
    const name = await start({ rule: 'mended', unit: { ExecStart: `${installedNode} --no-such-option /opt/shop.ts` } })
    const findings = await diagnosed(name)
    expect(findings[0]).toMatchObject({ rule: 'bad_option', consequenceOf: null })
    const certain = findings.filter(({ confidence }) => confidence === 'certain').map(({ rule }) => rule)
    expect(certain.filter((rule) => /_missing$/.test(rule))).toEqual([])

    await start({ rule: 'mended' })
    expect(await diagnosed(name)).toEqual([])
    await end(name)
  })

  describe('names first, of a fault that was planted,', () => {
    test.each(faults)('$rule', async (fault) => {
      const name = await start(fault)
      const findings = await diagnosed(name)
      await end(name)

      expect(findings.map(({ rule }) => rule)).toContain(fault.rule)
      expect(findings[0]).toMatchObject({ rule: fault.rule, consequenceOf: null })
      expect(findings[0]?.evidence).not.toEqual([])
      expect(findings[0]?.mend.advice.fr).not.toBe('')
    })
  })
})
