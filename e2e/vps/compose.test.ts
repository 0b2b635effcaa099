import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { onHost } from './bare-host.ts'
import { importImage } from './shell-image.ts'
import { putSources } from './sources.ts'
import { newVps, type Vps } from './vps.ts'

const serve = "trap 'exit 0' TERM; echo serving $GREETING; while :; do sleep 1; done"

/** Compose reads a dollar sign as the beginning of a variable. */
const shell = (script: string) => ['/bin/sh', '-c', script.replaceAll('$', '$$$$')]

const fileOf = (web: Record<string, unknown>) => JSON.stringify({ version: '3.8', services: { web } })

const web = {
  image: 'shop:1',
  command: shell(serve),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: compose replaces it
  environment: { GREETING: '${GREETING}' },
  restart: 'unless-stopped',
}

interface Container {
  service: string
  state: string
  startedAt: string
}

onHost('an app under docker-compose', () => {
  let vps: Vps
  const project = { name: 'shop', directory: '/var/lib/ikoma/shop' }
  beforeAll(async () => {
    vps = await newVps({ scopes: ['system', 'platform', 'service', 'shell'] })
    await vps.done('platform.docker.install', {}, { withinSec: 600 })
    await importImage(vps.host, web.image)
    await putSources(vps, 'shop', { 'docker-compose.yml': fileOf(web), '.env': 'GREETING=bonjour\n' })
  }, 900_000)
  afterAll(async () => {
    // Their control groups are not below those of the host, which takes its own along when it ends.
    await vps?.host.look(['systemctl', 'stop', 'docker.socket', 'docker.service', 'containerd.service'])
    await vps?.close()
  })

  const up = (more = {}) => vps.done('service.compose.up', { ...project, settleSec: 2, ...more }, { withinSec: 300 })
  const containers = async () => {
    return (await vps.done('service.compose.status', project)).containers as Container[]
  }
  const said = async () => {
    const { lines } = (await vps.done('service.compose.logs', project)) as { lines: { message: string }[] }
    return lines.map(({ message }) => message)
  }

  const existing = () => vps.host.see(['docker', 'ps', '--all', '--format', '{{.Names}}'])

  test('finds Docker installed by one order, and a second time nothing changes', async () => {
    expect(await vps.done('platform.docker.install')).toMatchObject({ changed: false, changes: [] })
    expect(await vps.host.see(['systemctl', 'is-active', 'docker'])).toBe('active\n')
  })

  test('is up by one order, and a second time nothing changes', async () => {
    expect(await up()).toMatchObject({ changed: true })
    expect(await containers()).toMatchObject([{ service: 'web', state: 'running', restarts: 0 }])
    expect(await up()).toEqual({ changed: false, changes: [] })
  })

  test('tells what it said and what it uses', async () => {
    expect(await said()).toEqual(['serving bonjour'])
    const stats = (await vps.done('service.compose.stats', project)) as { containers: Record<string, number>[] }
    expect(stats.containers).toMatchObject([{ service: 'web' }])
    expect(stats.containers[0]?.processes).toBeGreaterThan(0)
    expect(stats.containers[0]?.memoryBytes).toBeGreaterThan(10_000)
  })

  test('is restarted by an order', async () => {
    const [before] = await containers()
    await vps.done('service.compose.restart', { ...project, settleSec: 2 })
    const [after] = await containers()
    expect(after).toMatchObject({ state: 'running' })
    expect(Date.parse(after?.startedAt ?? '')).toBeGreaterThan(Date.parse(before?.startedAt ?? ''))
  })

  test('is started anew when a variable of its file has changed', async () => {
    await putSources(vps, 'shop', { '.env': 'GREETING=salut\n' })
    expect(await up()).toMatchObject({ changed: true })
    expect(await said()).toEqual(['serving salut'])
  })

  test('that ends at once leaves nothing behind', async () => {
    const other = { ...project, name: 'other', file: 'ends.yml' }
    await putSources(vps, 'shop', { 'ends.yml': fileOf({ image: web.image, command: shell('exit 7') }) })
    expect(await vps.refused('service.compose.up', { ...other, settleSec: 2 })).toEqual(['service_does_not_stay_up'])
    expect(await existing()).toBe('shop_web_1\n')
  })

  describe('is refused when its file would take the host over by', () => {
    test.each<[string, Record<string, unknown>]>([
      ['rights', { privileged: true }],
      ['the socket of Docker', { volumes: ['/var/run/docker.sock:/var/run/docker.sock'] }],
      ['the network of the host', { network_mode: 'host' }],
      ['the processes of the host', { pid: 'host' }],
      ['a folder of the host', { volumes: ['/etc:/host'] }],
    ])('%s', async (_, taking) => {
      await putSources(vps, 'shop', { 'taking.yml': fileOf({ ...web, ...taking }) })
      const payload = { ...project, name: 'taking', file: 'taking.yml' }
      expect(await vps.refused('service.compose.up', payload)).toEqual(['compose_file_refused'])
      expect(await existing()).toBe('shop_web_1\n')
    })
  })

  test('is down by one order, and a second time nothing changes', async () => {
    expect(await vps.done('service.compose.down', project)).toMatchObject({ changed: true })
    expect(await containers()).toEqual([])
    expect(await vps.done('service.compose.down', project)).toEqual({ changed: false, changes: [] })
  })
})
