import { catalogue, type OutputOf } from '@ikoma/api'
import { aptTools, versionOf } from '@ikoma/machine/testing/apt-tools'
import { curl, sha256 } from '@ikoma/machine/testing/file-tools'
import type { SimulatedHost, Tool } from '@ikoma/machine/testing/simulated-host'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Action, ActionResult } from '../order/action.ts'
import { actionContext } from '../testing/action-context.ts'
import { platformMachine } from '../testing/cases/platform.ts'
import { actions } from './index.ts'

type Installation = 'platform.node.install' | 'platform.docker.install' | 'platform.caddy.install'

type Result = ActionResult<OutputOf<Installation>>

function apply(type: Installation, machine: SimulatedHost, payload: object, more = {}): Promise<Result> {
  const action = actions[type] as Action<never>
  return action(catalogue[type].payload.parse(payload) as never, actionContext({ machine, ...more }))
}

describe('what is in the way', () => {
  test('is refused by name, with nothing changed, unless it may go', async () => {
    const machine = platformMachine({ installed: { nodejs: '12.22.9', npm: '8.5.1' } })
    const before = machine.snapshot()
    await expect(apply('platform.node.install', machine, { major: 20 })).rejects.toMatchObject({
      reason: 'stale_version',
      message: expect.stringMatching(/nodejs 12\.22\.9, npm 8\.5\.1.*removeStale/),
    })
    expect(machine.snapshot()).toEqual(before)
  })

  test('goes in a plan that shows it, with what needs it', async () => {
    const offered = { 'node-gyp': { version: '9', depends: ['nodejs'] } }
    const machine = platformMachine({ installed: { nodejs: '12.22.9', 'node-gyp': '9' }, offered })
    const payload = { major: 20, removeStale: true }
    const result = await apply('platform.node.install', machine, payload, { dryRun: true })
    expect(result.output?.changes).toContainEqual({
      title: 'remove node-gyp 9, nodejs 12.22.9',
      diff: '-node-gyp 9\n-nodejs 12.22.9',
    })
  })

  test('is also a program that somebody put into /usr/local, which is kept under another name', async () => {
    const machine = platformMachine({ installed: { nodejs: '20.1.0', curl: '7' } })
    machine.put('/usr/local/bin/node', 'old', { mode: 0o755, owner: 'root', group: 'root' })
    machine.install('/usr/local/bin/node', () => ({ stdout: 'v14.2.0\n' }))
    const payload = { major: 20, source: 'debian', removeStale: true }
    const offered = await apply('platform.node.install', machine, payload).catch((error) => error)
    expect(offered).toMatchObject({ reason: 'package_unavailable' })
    expect(machine.contentOf('/usr/local/bin/node')).toBe('old')
    const result = await apply('platform.node.install', machine, { major: 20, removeStale: true })
    expect(result).toMatchObject({ ok: true, output: { version: '20.1.0' } })
    expect(machine.contentOf('/usr/local/bin/node.stale-14.2.0')).toBe('old')
  })

  test('a program that others can write is never run as root to hear its version', async () => {
    const machine = platformMachine({})
    machine.put('/usr/local/bin/node', 'theirs', { mode: 0o755, owner: 'app', group: 'app' })
    machine.install('/usr/local/bin/node', () => ({ stdout: 'v20.0.0\n' }))
    await apply('platform.node.install', machine, { major: 20 }).catch(() => undefined)
    expect(machine.ran.map(([program]) => program)).not.toContain('/usr/local/bin/node')
  })

  test('is another file for the same repository', async () => {
    const list = '/etc/apt/sources.list.d/nodesource.list'
    const machine = platformMachine({}, { [list]: 'deb https://deb.nodesource.com/node_18.x nodistro main\n' })
    const result = await apply('platform.node.install', machine, { major: 20, removeStale: true })
    expect(result).toMatchObject({ ok: true, output: { found: [{ kind: 'repository', name: list, stale: true }] } })
    expect(machine.contentOf(list)).toBeNull()
  })

  test('what nvm installed for somebody is told, and left alone', async () => {
    const machine = platformMachine({}, { '/home/app/.nvm/versions/node/v16.1.0/bin/node': '' })
    const result = await apply('platform.node.install', machine, { major: 20 })
    const path = '/home/app/.nvm/versions/node/v16.1.0/bin/node'
    expect(result).toMatchObject({ ok: true, output: { found: [{ name: path, version: '16.1.0', stale: false }] } })
  })
})

describe("somebody else's repository", () => {
  test('is not believed when its key is another than the one that is known', async () => {
    const machine = platformMachine({})
    const before = machine.snapshot()
    machine.install('curl', curl({ 'https://deb.nodesource.com/gpgkey/nodesource-repo.gpg.key': 'not a key' }))
    await expect(apply('platform.node.install', machine, { major: 20 })).rejects.toMatchObject({
      reason: 'untrusted_key',
    })
    expect(machine.snapshot()).toEqual(before)
  })

  test('is named when it cannot be reached, and nothing stays', async () => {
    const machine = platformMachine({})
    const before = machine.snapshot()
    await expect(apply('platform.caddy.install', machine, {})).rejects.toThrow(
      'Could not resolve host: dl.cloudsmith.io',
    )
    expect(machine.snapshot()).toEqual(before)
  })

  test('that offers nothing for this system leaves nothing behind', async () => {
    const machine = platformMachine({})
    machine.putDirectory('/etc/apt/sources.list.d')
    const before = machine.snapshot()
    const apt = aptTools()
    const aptGet: Tool = (call) => {
      const there = call.machine.contentOf('/etc/apt/sources.list.d/ikoma-nodesource.sources') !== null
      if (there && call.args.includes('update')) return { code: 100, stderr: 'E: does not have a Release file.' }
      return apt['apt-get']?.(call) ?? {}
    }
    machine.install('apt-get', aptGet)
    await expect(apply('platform.node.install', machine, { major: 20 })).rejects.toThrow('does not have a Release file')
    expect(machine.snapshot()).toEqual(before)
  })

  test("is Docker's for this release of the system", async () => {
    const machine = platformMachine({}, { '/etc/os-release': 'ID=ubuntu\nVERSION_CODENAME=jammy\n' })
    const result = await apply('platform.docker.install', machine, { source: 'docker' }, { dryRun: true })
    const diffs = (result.output?.changes ?? []).map(({ diff }) => diff ?? '').join('')
    expect(diffs).toContain('+URIs: https://download.docker.com/linux/ubuntu\n+Suites: jammy\n+Components: stable')
  })

  test('is none for another system than those it is made for', async () => {
    const machine = platformMachine({}, { '/etc/os-release': 'ID=alpine\n' })
    await expect(apply('platform.docker.install', machine, { source: 'docker' })).rejects.toMatchObject({
      reason: 'unsupported_system',
    })
  })
})

describe('the archive of Node.js', () => {
  const archive = 'the archive'
  const url = (version: string) => `https://mirror.example.com/dist/v${version}/node-v${version}-linux-x64.tar.gz`
  const payload = (version: string, sum = sha256(archive)) => ({
    major: 24,
    source: 'tarball',
    tarball: { version, sha256: sum, baseUrl: 'https://mirror.example.com/dist/' },
  })
  const setup = () => {
    const machine = platformMachine({})
    machine.putDirectory('/usr/local/lib')
    machine.putDirectory('/usr/local/bin')
    machine.install('curl', curl({ [url('24.1.0')]: archive, [url('24.2.0')]: archive }))
    return machine
  }

  test('is unpacked and linked, nothing changes the second time, and the next version takes its place', async () => {
    const machine = setup()
    const first = await apply('platform.node.install', machine, payload('24.1.0'))
    expect(first).toMatchObject({ ok: true, output: { version: '24.1.0' } })
    expect(machine.linkAt('/usr/local/bin/npm')).toBe('/usr/local/lib/nodejs/node-v24.1.0-linux-x64/bin/npm')
    expect(machine.contentOf('/usr/local/lib/nodejs/node-v24.1.0-linux-x64.tar.gz')).toBeNull()
    const second = await apply('platform.node.install', machine, payload('24.1.0'))
    expect(second).toMatchObject({ ok: true, output: { changed: false, changes: [] } })
    const next = await apply('platform.node.install', machine, payload('24.2.0'))
    expect(next).toMatchObject({ ok: true, output: { version: '24.2.0' } })
  })

  test('is refused before anything is done when a file stands where a link would', async () => {
    const machine = platformMachine({ installed: { nodejs: '20.1.0', curl: '7', 'ca-certificates': '1' } })
    machine.putDirectory('/usr/local/lib')
    machine.put('/usr/local/bin/npm', 'a file of somebody')
    machine.install('curl', curl({ [url('24.1.0')]: archive }))
    const before = machine.snapshot()
    const wanted = { ...payload('24.1.0'), removeStale: true }
    await expect(apply('platform.node.install', machine, wanted)).rejects.toMatchObject({ reason: 'not_a_link' })
    expect(machine.snapshot()).toEqual(before)
    expect(machine.ran.filter((argv) => argv.includes('remove') && !argv.includes('--simulate'))).toEqual([])
  })

  test('takes the place of one that somebody unpacked into /usr/local', async () => {
    const machine = setup()
    machine.put('/usr/local/bin/node', 'old', { mode: 0o755, owner: 'root', group: 'root' })
    machine.install('/usr/local/bin/node', () => ({ stdout: 'v14.2.0\n' }))
    const wanted = { ...payload('24.1.0'), removeStale: true }
    expect(await apply('platform.node.install', machine, wanted)).toMatchObject({ output: { version: '24.1.0' } })
    expect(machine.contentOf('/usr/local/bin/node.stale-14.2.0')).toBe('old')
    expect(await apply('platform.node.install', machine, wanted)).toMatchObject({ output: { changed: false } })
  })

  test('never takes away the Node.js that IKOMA runs from', async () => {
    const machine = setup()
    machine.put('/usr/local/bin/node', 'old', { mode: 0o755, owner: 'root', group: 'root' })
    machine.install('/usr/local/bin/node', () => ({ stdout: 'v14.2.0\n' }))
    const wanted = { ...payload('24.1.0'), removeStale: true }
    const before = machine.snapshot()
    const present = process.execPath
    onTestFinished(() => {
      process.execPath = present
    })
    for (const own of ['/usr/local/bin/node', '/usr/local/lib/nodejs/node-v24.1.0-linux-x64/bin/node']) {
      process.execPath = own
      await expect(apply('platform.node.install', machine, wanted)).rejects.toMatchObject({ reason: 'runs_ikoma' })
      expect(machine.snapshot()).toEqual(before)
    }
    process.execPath = '/usr/bin/node'
    const packaged = platformMachine({ installed: { nodejs: '22.1.0', curl: '7', 'ca-certificates': '1' } })
    packaged.putDirectory('/usr/local/lib')
    await expect(apply('platform.node.install', packaged, wanted)).rejects.toMatchObject({ reason: 'runs_ikoma' })
  })

  test('with another sum is refused, and nothing of it stays', async () => {
    const machine = setup()
    await expect(apply('platform.node.install', machine, payload('24.1.0', sha256('another')))).rejects.toMatchObject({
      reason: 'checksum_mismatch',
    })
    expect(machine.linkAt('/usr/local/bin/node')).toBeNull()
    expect(await machine.list('/usr/local/lib/nodejs')).toEqual([])
    expect(versionOf(machine, 'curl')).toBeUndefined()
  })

  test.each([
    ['without its version and sum', { major: 24, source: 'tarball' }, 'tarball'],
    ['of another major version', { ...payload('22.1.0') }, 'tarball.version'],
    [
      'from an address with a query',
      { ...payload('24.1.0'), tarball: { ...payload('24.1.0').tarball, baseUrl: 'https://a.b/?c' } },
      'tarball.baseUrl',
    ],
  ])('is no payload %s', (_, wrong, field) => {
    const parsed = catalogue['platform.node.install'].payload.safeParse(wrong)
    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toContain(field)
  })

  test('stays where the machine was killed, and is whole after the next run', async () => {
    const clean = setup()
    await apply('platform.node.install', clean, payload('24.1.0'))
    for (let calls = 0; calls < clean.calls; calls += 1) {
      const machine = setup()
      machine.dieAfter(calls)
      await apply('platform.node.install', machine, payload('24.1.0')).catch(() => undefined)
      machine.revive()
      expect(await apply('platform.node.install', machine, payload('24.1.0'))).toMatchObject({ ok: true })
      expect(machine.snapshot()).toEqual(clean.snapshot())
    }
  })
})

test('what cannot be replaced is not removed first', async () => {
  const machine = platformMachine({ installed: { caddy: '2.4.5' }, offered: { caddy: { version: '2.6.2' } } })
  const wanted = { source: 'debian', minVersion: '2.7', removeStale: true }
  await expect(apply('platform.caddy.install', machine, wanted)).rejects.toMatchObject({
    reason: 'package_unavailable',
    message: expect.stringContaining('caddy 2.7 or later, but 2.6.2'),
  })
  const removals = machine.ran.filter((argv) => argv.includes('remove') && !argv.includes('--simulate'))
  expect(removals).toEqual([])
})

test('a server that has what is wanted is left as it is, and its version told', async () => {
  const machine = platformMachine({ installed: { caddy: '2.6.2-5' } })
  const result = await apply('platform.caddy.install', machine, { source: 'debian', minVersion: '2.6.2' })
  expect(result).toMatchObject({ ok: true, output: { changed: false, version: '2.6.2-5', found: [{ stale: false }] } })
})
