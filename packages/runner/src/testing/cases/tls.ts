import { selfSigned } from '@ikoma/machine/testing/self-signed'
import { SimulatedHost, type Tool } from '@ikoma/machine/testing/simulated-host'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

const domain = 'app.example.com'
const live = `/etc/letsencrypt/live/${domain}`
const [soon = '', first = '', second = ''] = [10, 90, 90].map((days) => selfSigned([domain], days).certificate)

/** certbot(1): gets what it is asked for, and renews to another each time. */
function certbot(): Tool {
  let renewals = 0
  return ({ args, machine }) => {
    if (args.includes('--dry-run')) return {}
    const server = args[args.indexOf('--server') + 1]
    if (args[0] === 'certonly') {
      machine.put(`/etc/letsencrypt/renewal/${domain}.conf`, `version = 2.1.0\nserver = ${server}\n`)
    } else renewals += 1
    machine.put(`${live}/fullchain.pem`, renewals % 2 === 0 ? first : second)
    return {}
  }
}

const caddyFile = '/var/lib/caddy/.local/share/caddy/certificates/local/b.example.com/b.example.com.crt'

function withCertificates() {
  return new SimulatedHost({
    files: { [`${live}/fullchain.pem`]: first, '/etc/letsencrypt/live/README': 'read', [caddyFile]: soon },
    tools: { certbot: certbot() },
  })
}

export const tlsCases: OrderTypeCase[] = [
  {
    type: 'tls.certificate.issue',
    kind: 'change',
    payload: { domains: [domain], email: 'ops@example.com', staging: true },
    bad: { payload: { domains: ['-d'] }, field: 'domains.0' },
    machine: () => new SimulatedHost({ files: { '/etc/letsencrypt/cli.ini': '' }, tools: { certbot: certbot() } }),
    needs: ['certbot'],
    expectDone: async (machine, { output }) => {
      expect(output).toMatchObject({ chainFile: `${live}/fullchain.pem`, keyFile: `${live}/privkey.pem` })
      expect(await machine.read(`${live}/fullchain.pem`)).toBe(first)
      const hook = await machine.look('/etc/letsencrypt/renewal-hooks/deploy/ikoma-reload-nginx')
      expect(hook).toMatchObject({ mode: 0o755, owner: 'root' })
    },
  },
  {
    type: 'tls.certificate.renew',
    kind: 'act',
    payload: { name: domain, force: true },
    bad: { payload: { name: '--dry-run' }, field: 'name' },
    machine: withCertificates,
    needs: ['certbot'],
    expectDone: (_machine, { output }) => expect(output).toMatchObject({ rehearsed: false, renewed: [domain] }),
  },
  {
    type: 'tls.certificate.list',
    kind: 'look',
    payload: {},
    bad: { payload: { warnDays: -1 }, field: 'warnDays' },
    machine: withCertificates,
    needs: [],
    expectDone: (_machine, { output, summary }) => {
      expect(summary).toBe('2 certificates.')
      expect(output).toMatchObject({
        certificates: [
          { keptBy: 'caddy', file: caddyFile, daysLeft: 9, status: 'valid' },
          { keptBy: 'certbot', names: [domain], daysLeft: 89, status: 'valid' },
        ],
        unreadable: [],
      })
    },
  },
  {
    type: 'tls.certificate.check',
    kind: 'look',
    payload: { file: `${live}/fullchain.pem` },
    bad: { payload: { file: '/etc/../shadow' }, field: 'file' },
    machine: withCertificates,
    needs: [],
    expectDone: (_machine, { output }) =>
      expect(output).toMatchObject({ stored: { subject: domain, issuer: domain, daysLeft: 89 }, served: null }),
  },
]
