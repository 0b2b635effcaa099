import { afterAll, beforeAll, expect, test } from 'vitest'
import { onHost } from './bare-host.ts'
import { type Mirror, startMirror } from './mirror.ts'
import { putSources } from './sources.ts'
import { newVps, type Vps } from './vps.ts'

const port = 4000
const user = { user: 'keybuzz' }
const main = `
  const { PORT, RELEASE } = process.env
  if (RELEASE === 'broken') throw new Error('the environment of this release is wrong')
  require('node:http')
    .createServer((_, response) => response.end('release ' + RELEASE))
    .listen(Number(PORT), '127.0.0.1', () => console.log('release ' + RELEASE + ' listens'))
`
const polling = "console.log('polled')"

interface Process {
  name: string
  status: string
  pid: number
  restarts: number
}

/** Document 4, option A: the backend and its worker under PM2, as an account of their own. */
onHost('an app under PM2', () => {
  let vps: Vps
  let mirror: Mirror
  let folder: string
  beforeAll(async () => {
    vps = await newVps({ scopes: ['system', 'platform', 'service', 'shell'] })
    mirror = await startMirror(vps.host.gateway)
    await vps.done('platform.node.install', { major: 24, source: 'tarball', tarball: mirror.tarball })
    await vps.done('system.user.apply', { name: 'keybuzz', home: '/opt/keybuzz' })
    folder = await putSources(vps, 'keybuzz', { 'main.js': main, 'polling.js': polling })
  }, 600_000)
  afterAll(async () => {
    await mirror?.close()
    await vps?.close()
  })

  const release = (name: string) => {
    const common = { interpreter: '/usr/local/bin/node', workingDirectory: folder }
    return {
      ...user,
      processes: [
        {
          ...common,
          name: 'keybuzz-backend',
          script: `${folder}/main.js`,
          environment: { PORT: String(port), RELEASE: name },
        },
        { ...common, name: 'keybuzz-polling', script: `${folder}/polling.js`, cron: '*/5 * * * *' },
      ],
    }
  }
  const served = async () => (await vps.host.look(['curl', '--silent', `http://127.0.0.1:${port}/`])).stdout
  const backend = { ...user, name: 'keybuzz-backend' }
  const status = async () => {
    const { processes } = (await vps.done('service.pm2.status', user)) as { processes: Process[] }
    return processes.find(({ name }) => name === backend.name)
  }

  test('waits for PM2 itself, which its owner installs as document 4 says', async () => {
    expect(await vps.refused('service.pm2.startup', user)).toEqual(['tool_absent'])
    const registry = ['--registry', mirror.registry, '--replace-registry-host', 'always']
    const quietly = ['--no-audit', '--no-fund', '--loglevel', 'error']
    const argv = ['npm', 'install', '--global', '--prefix', '/usr/local', ...registry, ...quietly, 'pm2@7.0.4'] as const
    await vps.host.see(argv, { timeoutSec: 240 })
  })

  test('runs by two orders, and a second time nothing changes', async () => {
    for (const [type, payload] of [
      ['service.pm2.startup', user],
      ['service.pm2.apply', release('1')],
    ] as const) {
      expect([type, await vps.done(type, payload)]).toEqual([type, expect.objectContaining({ changed: true })])
      expect([type, await vps.done(type, payload)]).toEqual([type, { changed: false, changes: [] }])
    }
    expect(await served()).toBe('release 1')
    const { pid } = (await status()) ?? {}
    expect(await vps.host.see(['ps', '-o', 'user=', '-p', String(pid)])).toBe('keybuzz\n')
  })

  test('is restarted by an order, and its log can be read', async () => {
    const before = await status()
    expect(before).toMatchObject({ status: 'online', restarts: 0 })
    await vps.done('service.pm2.restart', backend)
    const after = await status()
    expect(after).toMatchObject({ status: 'online', restarts: 1 })
    expect(after?.pid).not.toBe(before?.pid)
    const { out, error } = await vps.done('service.pm2.logs', backend)
    expect([out, error]).toEqual([['release 1 listens', 'release 1 listens'], []])
    const { out: worker } = await vps.done('service.pm2.logs', { ...user, name: 'keybuzz-polling' })
    expect(worker).toContain('polled')
  })

  test('goes on as it was when an update crashes', async () => {
    const update = await vps.place('service.pm2.apply', release('broken'))
    // Once: each attempt takes the app down until it is put back.
    expect(update).toMatchObject({ status: 'FAILED', attempt: 1 })
    expect(update.report?.errors).toMatchObject([{ code: 'service_does_not_stay_up' }])
    await expect.poll(served, { timeout: 30_000 }).toBe('release 1')
    expect(await vps.done('service.pm2.apply', release('1'))).toEqual({ changed: false, changes: [] })
  })

  test('is there again after a boot, in the release that was updated last', async () => {
    expect(await vps.done('service.pm2.apply', release('2'))).toMatchObject({ changed: true })
    await vps.host.reboot()
    await expect.poll(served, { timeout: 60_000, interval: 500 }).toBe('release 2')
    expect(await vps.done('service.pm2.apply', release('2'))).toEqual({ changed: false, changes: [] })
  })

  test('goes with PM2, and does not come back', async () => {
    expect(await vps.done('service.pm2.remove', user)).toMatchObject({ changed: true })
    expect(await vps.done('service.pm2.remove', user)).toEqual({ changed: false, changes: [] })
    expect([await served(), (await vps.host.look(['pgrep', '--uid', 'keybuzz'])).stdout]).toEqual(['', ''])
  })
})
