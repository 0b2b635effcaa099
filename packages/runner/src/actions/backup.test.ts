import { programTools, putBackup } from '@ikoma/backup/testing/program-tools'
import { accountTools } from '@ikoma/machine/testing/account-tools'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { order } from '../testing/order.ts'

const backup = '20200105T020000Z-aaaaaa'
const path = '/srv/app/app.db'

function restoreAs(owner: string, payload: Record<string, unknown>) {
  const app = { comment: 'IKOMA', home: '/srv/app', shell: '', groups: ['app'] }
  const users = { app, grafana: { ...app, comment: '', groups: ['grafana'] } }
  const machine = new SimulatedHost({ tools: { ...accountTools, ...programTools }, state: { users } })
  const live = { path, name: 'app', backup, ...payload }
  machine.put(live.path, 'rows', { mode: 0o640, owner, group: 'app' })
  putBackup(machine, { id: backup })
  const { runner } = actionContext()
  return order('db.sqlite.restore', live, { machine, runner: { ...runner, root: true } })
}

test('the executor restores what an app has', async () => {
  expect(await restoreAs('app', {})).toMatchObject({ ok: true })
})

test.each<[string, string, Record<string, unknown>]>([
  ['that is root’s', 'root', {}],
  ['that is the runner’s', 'ikoma', {}],
  ['to be given to root', 'app', { owner: 'root' }],
  ['where no app is', 'app', { path: '/etc/cron.d/app' }],
  ['where the system is', 'app', { path: '/var/lib/dpkg/info/app.postinst' }],
])('the executor restores none %s', async (_, owner, payload) => {
  const refused = { ok: false, errors: [{ code: 'not_an_apps' }] }
  expect(await restoreAs(owner, payload)).toMatchObject(refused)
})

test.each<[string, string, Record<string, unknown>]>([
  ['that is a service’s', 'grafana', { path: '/var/lib/grafana/grafana.db' }],
  ['to be given to a service', 'app', { owner: 'grafana' }],
])('the executor restores none %s', async (_, owner, payload) => {
  expect(await restoreAs(owner, payload)).toMatchObject({ ok: false, errors: [{ code: 'not_an_apps_account' }] })
})

test.each([
  ['db.postgres.backup', { database: 'app', name: 'app' }],
  ['db.postgres.restore', { database: 'app', name: 'app', backup }],
  ['backup.verify', { name: 'app' }],
  ['db.postgres.ready', {}],
  ['db.postgres.query', { database: 'app', sql: 'SELECT 1' }],
] as const)('%s works with the rights of no service', async (type, payload) => {
  const users = { caddy: { home: '/', shell: '', groups: ['caddy'] } }
  const tools = { ...accountTools, ...programTools, pg_dump: () => ({}), pg_restore: () => ({}) }
  const machine = new SimulatedHost({ tools, state: { users } })
  putBackup(machine, { id: backup })
  const { runner } = actionContext()
  const asCaddy = order(type, { ...payload, runAs: 'caddy' }, { machine, runner: { ...runner, root: true } })
  expect(await asCaddy).toMatchObject({ ok: false, errors: [{ code: 'not_an_apps_account' }] })
})
