import { header } from '@ikoma/machine/systemd'
import { SimulatedHost, type Simulation, type Tool } from '@ikoma/machine/testing/simulated-host'
import { gather, type Sight } from '../gather/index.ts'
import { judge } from '../rank.ts'
import { rules } from '../rules/index.ts'
import type { Subject } from '../subject.ts'

export const now = Date.parse('2026-11-21T16:20:00Z')

/** Nothing is asked for; each test names what it asks. */
export const nobody: Subject = {
  ...{ unit: null, port: null, url: null, domain: null, addresses: [], sqlitePath: null, composeFile: null },
  ...{ pm2Name: null, pm2User: 'root', sinceMin: 60 },
}

/** A machine that is looked at for one subject, and what the rules find there. */
export async function setup(subject: Partial<Subject>, simulation: Simulation, probes: Partial<Sight['probes']> = {}) {
  const host = new SimulatedHost(simulation)
  let hidden: readonly Readonly<Record<string, string>>[] = []
  const sight: Sight = {
    host,
    probes: {
      http: async (url) => ({ url, status: 200, server: 'Caddy' }),
      tls: async () => ({ problem: null, message: 'valid', issuer: 'R11', daysLeft: 60 }),
      dns: async () => ({ answers: ['203.0.113.7'], failure: null }),
      ownAddresses: () => ['203.0.113.7'],
      clockSkewMs: async () => null,
      keepAliveSec: async () => null,
      ...probes,
    },
    redaction(environments) {
      hidden = environments
      const values = environments
        .flatMap((each) => Object.entries(each))
        .filter(([name]) => /SECRET|KEY|PASS/.test(name))
      return (text) => values.reduce((shown, [, value]) => shown.replaceAll(value, '[REDACTED]'), text)
    },
    now,
  }
  const evidence = await gather({ ...nobody, ...subject }, sight)
  return { host, evidence, hidden, found: judge(evidence, rules).map(({ rule }) => rule) }
}

/** A line as `journalctl --output=json` prints it. */
export function entry(message: unknown, minutesAgo = 1): string {
  const at = (now - minutesAgo * 60_000) * 1000
  return JSON.stringify({ __CURSOR: 's=1', __REALTIME_TIMESTAMP: String(at), MESSAGE: message })
}

export const running = [
  ...[
    'LoadState=loaded',
    'ActiveState=active',
    'SubState=running',
    'Result=success',
    'NRestarts=0',
    'ExecMainStatus=0',
  ],
  ...['ActiveEnterTimestampMonotonic=7000000000', 'User=gateway', 'WorkingDirectory=/srv/gateway'],
  ...['EnvironmentFiles=/etc/systemd/system/gateway.service.env (ignore_errors=no)', 'NeedDaemonReload=no'],
  'Environment=NODE_ENV=production API_KEY=inline-key-1 "GREETING=good day"',
].join('\n')

export const looping = running
  .replace('ActiveState=active', 'ActiveState=activating')
  .replace('SubState=running', 'SubState=auto-restart')
  .replace('NRestarts=0', 'NRestarts=7')

/** systemd over one unit, and a journal that says the same of every unit. */
export function systemd(state: string, ...journal: string[]): Record<string, Tool> {
  return {
    systemctl: ({ args }) => ({ stdout: args.includes('gateway.service') ? state : neighbours }),
    journalctl: ({ args }) => ({ stdout: args.includes('--unit=gateway.service') ? journal.join('\n') : '' }),
  }
}

const neighbours = `LoadState=loaded
ActiveState=active
Id=caddy.service

LoadState=not-found
ActiveState=inactive
Id=nginx.service

LoadState=loaded
ActiveState=failed
Id=postgresql.service
`

export const files = {
  '/proc/uptime': '10600.25 20000.00\n',
  '/proc/meminfo': 'MemTotal:  4000000 kB\nMemFree:  100000 kB\nMemAvailable:  2000000 kB\nSwapTotal:  0 kB\n',
  '/etc/systemd/system/gateway.service': `${header('service')}[Unit]\n`,
  '/etc/systemd/system/gateway.service.env': 'SESSION_SECRET="s3cr3t-of-the-app"\nexport PLAIN=yes\n',
  '/srv/gateway/drizzle.config.ts': '',
}
