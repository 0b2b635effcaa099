import { SimulatedHost, type Tool } from '@ikoma/machine/testing/simulated-host'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

const theirs = 'other.example.com {\n\trespond "other"\n}\n'
const ours = 'old.example.com {\n\tencode zstd gzip\n\n\treverse_proxy 127.0.0.1:9000\n}\n'
const importLine = 'import /etc/caddy/ikoma/*.caddy\n'

const adminOptions = '{\n\tadmin unix//var/lib/caddy/admin.sock\n}\n\n'

/** caddy(8) over `state.serving`: it refuses a domain that is served twice, and listens where that says. */
const caddy: Tool = ({ args, input, machine }) => {
  const domains = [...input.matchAll(/^(\S+) \{$/gm)].map(([, domain]) => domain)
  if (new Set(domains).size < domains.length) return { code: 1, stderr: 'Error: ambiguous site definition' }
  if (args[0] !== 'reload') return {}
  if (args[args.indexOf('--address') + 1] !== listeningAt(String(machine.state.serving))) {
    return { code: 1, stderr: 'Error: dial: connect: connection refused' }
  }
  machine.state.serving = input
  return {}
}

const listeningAt = (serving: string) => /^\tadmin (.*)$/m.exec(serving)?.[1] ?? 'localhost:2019'

const tools: Record<string, Tool> = {
  caddy,
  getent: () => ({ stdout: 'caddy:x:999:995:Caddy web server:/var/lib/caddy:/usr/sbin/nologin\n' }),
  setpriv: (call) => caddy({ ...call, args: call.args.slice(call.args.indexOf('caddy') + 1) }),
}

/** With somebody else's Caddyfile, and one route of ours when it is imported. */
function withCaddy({ routes = {} }: { routes?: Record<string, string> } = {}) {
  const imported = Object.keys(routes).length > 0
  const files = Object.entries(routes).map(([name, content]) => [`/etc/caddy/ikoma/${name}.caddy`, content])
  const host = new SimulatedHost({
    files: { '/etc/caddy/Caddyfile': imported ? `${theirs}\n${importLine}` : theirs, ...Object.fromEntries(files) },
    state: { serving: imported ? `${theirs}\n${Object.values(routes).join('\n')}\n` : theirs },
    tools,
  })
  host.putDirectory('/var/lib')
  host.putDirectory('/var/lib/caddy', { mode: 0o755, owner: 'caddy', group: 'caddy' })
  return host
}

export const caddyCases: OrderTypeCase[] = [
  {
    type: 'platform.caddy.route.apply',
    kind: 'change',
    payload: { name: 'app', domains: ['app.example.com'], upstreams: [{ port: 8080 }] },
    bad: { payload: { name: 'app', domains: ['a {'], upstreams: [{ port: 8080 }] }, field: 'domains.0' },
    machine: () => withCaddy(),
    needs: ['caddy'],
    expectDone: async (machine) => {
      expect(await machine.read('/etc/caddy/Caddyfile')).toBe(`${adminOptions}${theirs}\n${importLine}`)
      expect(await machine.read('/etc/caddy/ikoma/app.caddy')).toContain('reverse_proxy 127.0.0.1:8080')
      expect(listeningAt(String(machine.state.serving))).toBe('unix//var/lib/caddy/admin.sock')
      expect(machine.state.serving).toContain('other.example.com {')
      expect(machine.state.serving).toContain('app.example.com {')
      // What a browser should be told, where the app does not say it itself.
      expect(machine.state.serving).toContain('header ?X-Frame-Options DENY')
    },
  },
  {
    type: 'platform.caddy.route.remove',
    kind: 'change',
    payload: { name: 'old' },
    bad: { payload: { name: '../old' }, field: 'name' },
    machine: () => withCaddy({ routes: { old: ours } }),
    needs: ['caddy'],
    expectDone: async (machine) => {
      expect(await machine.look('/etc/caddy/ikoma/old.caddy')).toBeNull()
      expect(machine.state.serving).not.toContain('old.example.com')
    },
  },
  {
    type: 'platform.caddy.route.list',
    kind: 'look',
    payload: {},
    bad: { payload: { name: 'old' }, field: '' },
    machine: () => withCaddy({ routes: { old: ours } }),
    needs: [],
    expectDone: (_machine, { output }) =>
      expect(output).toEqual({
        routes: [
          {
            name: 'old',
            file: '/etc/caddy/ikoma/old.caddy',
            domains: ['old.example.com'],
            upstreams: ['127.0.0.1:9000'],
          },
        ],
        imported: true,
      }),
  },
]
