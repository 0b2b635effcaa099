import { SimulatedHost, type Tool } from '@ikoma/machine/testing/simulated-host'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

const main = 'events {}\nhttp {\n\tinclude /etc/nginx/conf.d/*.conf;\n\tinclude /etc/nginx/sites-enabled/*;\n}\n'
const ours =
  'upstream old {\n    server 127.0.0.1:9000;\n}\n\nserver {\n    listen 80;\n    server_name old.example.com;\n}\n'
const master = 100

/** nginx(8) and its unit over `state.serving`: it serves what is in its folder when it is told to reload. */
function nginxTools(): Record<string, Tool> {
  let generation = 0
  return {
    nginx: ({ args, machine }) => {
      if (args[0] === '-v') return { stderr: 'nginx version: nginx/1.22.1' }
      const text = filesOf(machine)[args.at(-1) ?? '']?.content ?? ''
      return text.includes('}') ? {} : { code: 1, stderr: 'unexpected end of file' }
    },
    sleep: () => ({}),
    systemctl({ args, machine }) {
      if (args[0] === 'show') return { stdout: `${master}\n` }
      machine.state.serving = servedBy(machine)
      generation += 1
      machine.put(`/proc/${master}/task/${master}/children`, `${master + generation} `)
      return {}
    },
  }
}

function withNginx({ sites = {} }: { sites?: Record<string, string> } = {}) {
  const files = Object.entries(sites).map(([name, content]) => [`/etc/nginx/conf.d/ikoma-${name}.conf`, content])
  const machine = new SimulatedHost({
    files: {
      '/etc/nginx/nginx.conf': main,
      '/etc/nginx/conf.d/other.conf': 'server {\n}\n',
      [`/proc/${master}/task/${master}/children`]: `${master} `,
      ...Object.fromEntries(files),
    },
    tools: nginxTools(),
  })
  machine.putDirectory('/var/lib')
  machine.state.serving = servedBy(machine)
  return machine
}

function servedBy(machine: SimulatedHost): string[] {
  const files = Object.entries(filesOf(machine))
  return files.flatMap(([path, { content }]) => (path.startsWith('/etc/nginx/conf.d/') ? [content ?? ''] : []))
}

function filesOf(machine: SimulatedHost): Record<string, { content?: string }> {
  return (machine.snapshot() as { files: Record<string, { content?: string }> }).files
}

export const nginxCases: OrderTypeCase[] = [
  {
    type: 'platform.nginx.site.apply',
    kind: 'change',
    payload: { name: 'app', domains: ['app.example.com'], upstreams: [{ port: 8080 }] },
    bad: { payload: { name: 'app', domains: ['a;'], upstreams: [{ port: 8080 }] }, field: 'domains.0' },
    machine: () => withNginx(),
    needs: ['nginx', 'systemctl'],
    expectDone: async (machine) => {
      const site = await machine.read('/etc/nginx/conf.d/ikoma-app.conf')
      expect(site).toContain('limit_req zone=ikoma-app_0 burst=300 nodelay;')
      expect(site).toContain('add_header X-Content-Type-Options $ikoma_app_x_content_type_options always;')
      expect(machine.state.serving).toEqual([site, 'server {\n}\n'])
      expect(await machine.look('/etc/nginx/ikoma-candidate.conf')).toBeNull()
    },
  },
  {
    type: 'platform.nginx.site.remove',
    kind: 'change',
    payload: { name: 'old' },
    bad: { payload: { name: '../old' }, field: 'name' },
    machine: () => withNginx({ sites: { old: ours } }),
    needs: ['nginx', 'systemctl'],
    expectDone: async (machine) => {
      expect(await machine.look('/etc/nginx/conf.d/ikoma-old.conf')).toBeNull()
      expect(machine.state.serving).toEqual(['server {\n}\n'])
    },
  },
  {
    type: 'platform.nginx.site.list',
    kind: 'look',
    payload: {},
    bad: { payload: { name: 'old' }, field: '' },
    machine: () => withNginx({ sites: { old: ours } }),
    needs: [],
    expectDone: (_machine, { output }) => {
      const file = '/etc/nginx/conf.d/ikoma-old.conf'
      const [domains, upstreams] = [['old.example.com'], ['127.0.0.1:9000']]
      expect(output).toEqual({ sites: [{ name: 'old', file, domains, upstreams, certificate: null }] })
    },
  },
]
