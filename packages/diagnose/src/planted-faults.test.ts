import { describe, expect, test } from 'vitest'
import { diagnose } from './diagnose.ts'
import type { RankedFinding } from './finding.ts'
import type { Subject } from './subject.ts'
import { listener, MachinePicture } from './testing/machine-picture.ts'

const start = Date.parse('2026-11-21T12:00:00Z')
const minute = 60_000

/** One after the other, each mended before the next: what they said is still in the journal. */
function mendedFaults(machine: MachinePicture): void {
  const former: [status: number, texts: string[]][] = [
    [200, ['shop.service: Failed at step CHDIR spawning /usr/bin/node: Permission denied']],
    [203, ['shop.service: Failed at step EXEC spawning /usr/bin/node: No such file or directory']],
    [1, ['Error: listen EADDRINUSE: address already in use :::8080']],
    [1, ["Error: Cannot find module '/srv/shop/main.js'"]],
    [1, ['error: Environment variable not found: DATABASE_URL.']],
    [1, ["Error: EACCES: permission denied, open '/opt/ikoma/dist/index.cjs'"]],
    [1, ['SqliteError: no such table: orders']],
  ]
  for (const [index, [status, texts]] of former.entries())
    machine.ends(start - (40 - index * 5) * minute, status, texts)
  machine.says('container', start - 9 * minute, 'FATAL:  password authentication failed for user "shop"')
  machine.says(
    'caddy.service',
    start - 8 * minute,
    'error http.log.error dial tcp 127.0.0.1:3000: connect: connection refused',
  )
  machine.runs(start - 5 * minute)
}

interface Planted {
  /** The rule whose finding is to come first. */
  cause: string
  plant(machine: MachinePicture): void
  /** What may be called certain, beside what is plain to see of a unit, port, container or address. */
  certain?: boolean
  subject?: Partial<Subject>
}

const died = (cause: string, line: string, status = 1): Planted => ({
  cause,
  plant: (machine) => machine.ends(start, status, [line]),
})

const stack = { unit: null, port: null, url: null, domain: null, composeFile: '/srv/stack/compose.yml' }

const faults: Planted[] = [
  {
    cause: 'directory_missing',
    certain: true,
    plant(machine) {
      machine.ends(start, 200, ['shop.service: Failed at step CHDIR spawning /usr/bin/node: No such file or directory'])
      delete machine.files['/srv/shop/main.js']
    },
  },
  {
    cause: 'program_missing',
    certain: true,
    plant(machine) {
      machine.ends(start, 203, ['shop.service: Failed at step EXEC spawning /usr/bin/node: No such file or directory'])
      delete machine.files['/usr/bin/node']
    },
  },
  {
    cause: 'user_missing',
    certain: true,
    plant(machine) {
      machine.ends(start, 217, ['shop.service: Failed at step USER spawning /usr/bin/node: No such process'])
      machine.accounts = []
    },
  },
  {
    cause: 'environment_file_missing',
    certain: true,
    plant(machine) {
      machine.ends(start, 0, ['shop.service: Failed to load environment files: No such file or directory'], {
        gaveUp: true,
        result: 'resources',
      })
      delete machine.files['/etc/shop.env']
    },
  },
  {
    cause: 'port_taken',
    certain: true,
    plant(machine) {
      machine.ends(start, 1, ['Error: listen EADDRINUSE: address already in use :::8080'])
      machine.listeners.push(listener('*:8080', 'apache2', 4242))
      machine.files['/proc/4242/cgroup'] = '0::/system.slice/apache2.service\n'
    },
  },
  died('syntax_error', "SyntaxError: Unexpected token ')'"),
  died('build_missing', "Error: Cannot find module 'express'"),
  died('bad_option', '/usr/bin/node: bad option: --experimental-watch', 9),
  died('database_damaged', 'SqliteError: database disk image is malformed'),
  died('environment_missing', 'error: Environment variable not found: SMTP_HOST.'),
  died('program_error', 'panic: assignment to entry in nil map', 2),
  {
    cause: 'disk_full',
    certain: true,
    plant(machine) {
      machine.ends(start, 1, ['Error: ENOSPC: no space left on device, write'])
      machine.disk.available = 0
    },
  },
  {
    cause: 'proxy_wrong_port',
    certain: true,
    plant(machine) {
      machine.http = { status: 502 }
      machine.refusedAt = '127.0.0.1:9000'
    },
  },
  {
    cause: 'container_restarting',
    subject: stack,
    plant(machine) {
      machine.says('container', start - 8000, 'worker begins', 'worker ends')
      machine.container = { state: 'running', restarts: 5, startedAt: new Date(start).toISOString() }
    },
  },
  {
    cause: 'keep_alive_mismatch',
    certain: true,
    plant(machine) {
      machine.keepAliveSec = 5
      const upstreams = [{ dial: '127.0.0.1:8080' }]
      machine.tools.caddy = () => ({ stdout: JSON.stringify({ routes: [{ handler: 'reverse_proxy', upstreams }] }) })
      machine.says('caddy.service', start, 'error http.log.error EOF')
    },
  },
]

async function diagnosed(machine: MachinePicture, now: number, subject: Partial<Subject> = {}) {
  const asked: Subject = {
    ...{ unit: 'shop.service', port: 8080, url: 'https://shop.test/', domain: 'shop.test', addresses: [] },
    ...{ sqlitePath: null, composeFile: null, pm2Name: null, pm2User: 'root', sinceMin: 60, ...subject },
  }
  const { http, keepAliveSec } = machine
  const { findings } = await diagnose(asked, {
    host: machine.host(now),
    probes: {
      async http(url) {
        const said = `error http.log.error dial tcp ${machine.refusedAt}: connect: connection refused`
        if ('status' in http && http.status === 502) machine.says('caddy.service', now, said)
        return 'status' in http
          ? { url, server: 'Caddy', ...http }
          : { url, message: `${url} does not answer.`, ...http }
      },
      tls: async () => ({ problem: null, message: 'valid', issuer: 'R11', daysLeft: 60 }),
      dns: async () => ({ answers: ['203.0.113.7'], failure: null }),
      keepAliveSec: async () => keepAliveSec,
      ownAddresses: () => ['203.0.113.7'],
      clockSkewMs: async () => 0,
    },
    redaction: () => (text) => text,
    now,
  })
  return findings
}

/** What a look at the machine shows, whatever the cause. */
const plain = ['restart_loop', 'unit_failed', 'port_not_listening', 'upstream_down', 'http_server_error']

function certainBeside(findings: readonly RankedFinding[], cause: string): string[] {
  const certain = findings.filter(({ confidence }) => confidence === 'certain').map(({ rule }) => rule)
  return certain.filter((rule) => rule !== cause && !plain.includes(rule))
}

test('nothing is found once all faults are mended', async () => {
  const machine = new MachinePicture(start)
  mendedFaults(machine)
  expect(await diagnosed(machine, start)).toEqual([])
})

describe.each([
  ['3 s', 3_000],
  ['30 min', 30 * minute],
])('%s after a fault, and after others that were mended, the first cause is', (_, later) => {
  test.each(faults)('$cause', async ({ cause, plant, certain = false, subject }) => {
    const machine = new MachinePicture(start)
    mendedFaults(machine)
    plant(machine)
    // What restarts for ever has begun anew by then.
    const { startedAt } = machine.container
    if (startedAt) {
      const at = start + later - 3000
      machine.says('container', at - 8000, 'worker begins', 'worker ends')
      machine.container = { ...machine.container, startedAt: new Date(at).toISOString() }
    }
    const findings = await diagnosed(machine, start + later, subject)
    const [first] = findings
    expect([first?.rule, first?.consequenceOf, first?.confidence === 'certain']).toEqual([cause, null, certain])
    expect(certainBeside(findings, cause)).toEqual([])
    expect(JSON.stringify(findings)).not.toMatch(/\/opt\/ikoma|chown|DATABASE_URL/)
  })
})
