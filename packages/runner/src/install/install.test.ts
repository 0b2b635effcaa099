import { applyAll, type Desired, planFor } from '@ikoma/deploy'
import { newId } from '@ikoma/kernel'
import { describe, expect, test } from 'vitest'
import { FakeServer } from '../testing/fake-server.ts'
import { type Installation, installed } from './installed.ts'
import * as places from './places.ts'
import { purged, removed } from './removed.ts'

const program = { node: '/opt/ikoma/node', entry: '/opt/ikoma/dist/index.cjs', build: 'ab12cd34ef56' }
const runnerFile = `${places.stateDir}/runner.json`
const keyFile = `${places.stateDir}/runner-key.pem`

function identityText(more = {}): string {
  const key = { keyId: 'key-1', publicKey: 'public' }
  const identity = { url: 'https://ikoma.example.org', runnerId: newId(), name: 'web-1', token: 'iko_secret' }
  const scopes = { serverId: null, scopes: ['*'], concurrency: 4 }
  return JSON.stringify({ ...identity, ...scopes, controlPlaneKey: key, ...more })
}

/** A bare server with the program on it, and an invitation to enrol it. */
function setup() {
  const server = new FakeServer()
  for (const path of ['/etc/systemd/system', '/run', '/var/lib', '/opt/ikoma/dist']) server.add(path)
  for (const path of [program.node, program.entry, '/opt/ikoma/dist/main-AB12.mjs']) {
    server.add(path, { kind: 'file', mode: 0o755 })
  }
  let enrolled = 0
  const enrol = async () => {
    enrolled += 1
    await server.write(runnerFile, { content: identityText(), owner: 'root', group: 'root', mode: 0o600 })
    await server.write(keyFile, { content: 'PEM', owner: 'root', group: 'root', mode: 0o600 })
  }
  const enrolling = { url: 'https://ikoma.example.org', enrol }
  const wanted = (more: Partial<Installation> = {}) =>
    installed({ program, enrolling, allow: undefined, steadyMs: 0, ...more })
  const plan = async (desired: Desired[]) => (await planFor(desired, server)).map(({ title }) => title)
  const apply = async (desired: Desired[], signal = new AbortController().signal) => {
    const course = {
      signal,
      machineAfterStop: server,
      log: () => {},
      step: async <T>(_: string, run: () => Promise<T>) => run(),
    }
    await applyAll(await planFor(desired, server), server, course)
  }
  const policy = () => JSON.parse(server.nodes.get(places.policyFile)?.content ?? '{}')
  return { server, wanted, plan, apply, policy, enrolments: () => enrolled }
}

describe('install', () => {
  test('makes user, folders, settings and units, and then there is nothing to change', async () => {
    const { server, wanted, plan, apply, enrolments } = setup()
    await apply(wanted())
    expect(await plan(wanted())).toEqual([])
    expect(await plan(wanted({ enrolling: null }))).toEqual([])
    expect([[...server.active], [...server.enabled], enrolments()]).toEqual([
      [places.executorSocket, places.runnerUnit],
      [places.executorSocket, places.runnerUnit],
      1,
    ])
    expect(server.tree().filter((line) => line.includes('ikoma') && !line.startsWith('/opt'))).toEqual([
      '/etc/ikoma root:root 755',
      '/etc/ikoma/executor.json root:root 644',
      '/etc/ikoma/policy.json root:root 644',
      '/etc/ikoma/runner.env root:root 640',
      '/etc/systemd/system/ikoma-executor.socket root:root 644',
      '/etc/systemd/system/ikoma-executor@.service root:root 644',
      '/etc/systemd/system/ikoma-runner.service root:root 644',
      '/var/lib/ikoma root:root 755',
      '/var/lib/ikoma/executor root:root 700',
      '/var/lib/ikoma/runner ikoma:ikoma 700',
      '/var/lib/ikoma/runner/runner-key.pem ikoma:ikoma 600',
      '/var/lib/ikoma/runner/runner.json ikoma:ikoma 600',
    ])
  })

  test('shows what it would do and does nothing of it', async () => {
    const { server, wanted, plan, enrolments } = setup()
    const before = server.tree()
    expect(await plan(wanted())).toContain('enrol this server with https://ikoma.example.org')
    expect([server.tree(), enrolments(), server.active.size]).toEqual([before, 0, 0])
  })

  test('takes back what it made when the runner does not stay up, but for the enrolment', async () => {
    const { server, wanted, apply, plan } = setup()
    server.answers.push(['systemctl start -- ikoma-runner', { code: 1, stdout: '', stderr: 'Job failed.' }])
    await expect(apply(wanted())).rejects.toMatchObject({ reason: 'tool_failed' })
    expect([[...server.active], [...server.enabled]]).toEqual([[], []])
    expect(server.tree().filter((line) => line.startsWith('/etc/systemd/system/'))).toEqual([])
    await apply(wanted({ enrolling: null }))
    expect(await plan(wanted({ enrolling: null }))).toEqual([])
  })

  test('starts again what reads a file that changed, and nothing else', async () => {
    const { server, wanted, apply, plan } = setup()
    await apply(wanted())
    expect(await plan(wanted({ allow: ['system'] }))).toEqual([
      `change ${places.policyFile}`,
      'have systemd read its units again',
      'restart ikoma-runner.service',
    ])
    expect(await plan(wanted({ program: { ...program, build: '000000000000' } }))).toEqual([
      'change /etc/systemd/system/ikoma-runner.service',
      'have systemd read its units again',
      'restart ikoma-runner.service',
    ])
    server.active.delete(places.executorSocket)
    expect(await plan(wanted())).toEqual(['start ikoma-executor.socket'])
  })

  test('starts the runner as it was when its change is taken back', async () => {
    const { server, wanted, apply, policy } = setup()
    await apply(wanted())
    const before = policy()
    server.ran.length = 0
    server.answers.push(['systemctl restart -- ikoma-runner', { code: 1, stdout: '', stderr: 'no' }])
    await expect(apply(wanted({ allow: ['*'] }))).rejects.toMatchObject({ reason: 'tool_failed' })
    expect(policy()).toEqual(before)
    const units = server.ran.filter((line) => /^systemctl (re|daemon)/.test(line))
    expect(units).toEqual([
      'systemctl daemon-reload',
      'systemctl restart -- ikoma-runner.service',
      'systemctl daemon-reload',
      'systemctl restart -- ikoma-runner.service',
    ])
  })
})

describe('the policy', () => {
  test('of a new server allows looking, and nothing that needs root', async () => {
    const { wanted, apply, policy } = setup()
    await apply(wanted())
    expect(policy()).toEqual({ scopes: ['runner', 'system.facts', 'check'] })
  })

  test('allows beside that what install was told', async () => {
    const { wanted, apply, policy, plan } = setup()
    await apply(wanted({ allow: ['system', 'check'] }))
    expect(policy().scopes).toEqual(['runner', 'system.facts', 'check', 'system'])
    expect(await plan(wanted({ allow: ['system', 'check'] }))).toEqual([])
  })

  test('stays as its administrator wrote it', async () => {
    const { server, wanted, apply, plan, policy } = setup()
    const content = '{"scopes":["db"],"maxTimeoutSec":60}'
    server.add(places.policyFile, { kind: 'file', content, mode: 0o644 })
    await apply(wanted())
    expect(server.nodes.get(places.policyFile)?.content).toBe(content)
    await apply(wanted({ allow: ['system'] }))
    expect(policy()).toEqual({ scopes: ['runner', 'system.facts', 'check', 'system'], maxTimeoutSec: 60 })
    server.add(places.policyFile, { kind: 'file', content: '{"scope":"*"}' })
    await expect(plan(wanted())).rejects.toMatchObject({ reason: 'policy_invalid' })
  })

  test('is not written with a scope that is none', async () => {
    const { wanted, plan } = setup()
    await expect(plan(wanted({ allow: ['System;'] }))).rejects.toMatchObject({ reason: 'scope_invalid' })
  })
})

describe('install refuses', () => {
  test('a server that is not enrolled, without an invitation', async () => {
    const { wanted, plan } = setup()
    await expect(plan(wanted({ enrolling: null }))).rejects.toMatchObject({ reason: 'not_enrolled' })
  })

  test.each([
    ['another control plane', { controlPlaneKey: { keyId: 'key-1', publicKey: 'thief' } }],
    ['another runner', {}],
  ])('to believe a runner that now says it has %s', async (_, more) => {
    const { server, wanted, apply, plan } = setup()
    await apply(wanted())
    server.add(runnerFile, { kind: 'file', content: identityText(more), owner: 'ikoma', group: 'ikoma', mode: 0o600 })
    await expect(plan(wanted())).rejects.toMatchObject({ reason: 'identity_changed' })
  })

  test.each([
    ['a bundle that somebody else owns', '/opt/ikoma/dist/main-AB12.mjs', { kind: 'file', owner: 'deploy' }],
    ['a Node that others can write', program.node, { kind: 'file', mode: 0o777 }],
    ['a folder on the way that a group can write', '/opt', { group: 'staff', mode: 0o775 }],
    ['a bundle that the runner cannot read', program.entry, { kind: 'file', mode: 0o700 }],
    ['a Node that the runner cannot start', program.node, { kind: 'file', mode: 0o744 }],
    ['a link', program.node, { kind: 'link' }],
  ] as const)('%s', async (_, path, node) => {
    const { server, wanted, plan } = setup()
    server.add(path, node)
    await expect(plan(wanted())).rejects.toMatchObject({ reason: 'unsafe_program' })
  })

  test.each([
    ['that units cannot see', { node: '/opt/ikoma/node', entry: '/root/dist/index.cjs' }],
    ['that is not the bundle', { node: '/opt/ikoma/node', entry: '/opt/ikoma/packages/cli/src/main.ts' }],
  ])('a program %s', async (_, other) => {
    const { server, wanted, plan } = setup()
    server.add(other.entry, { kind: 'file' })
    await expect(plan(wanted({ program: { ...other, build: '' } }))).rejects.toMatchObject({ reason: 'unsafe_program' })
  })

  test.each(['sudo', 'docker'])('a user ikoma that is in the group %s', async (group) => {
    const { server, wanted, plan } = setup()
    server.users.set('ikoma', { line: 'ikoma:x:1001:1001::/home/ikoma:/bin/bash', groups: `ikoma ${group}` })
    await expect(plan(wanted())).rejects.toMatchObject({ reason: 'unfit_user' })
  })
})

test('a user made by hand, as the first document says, is left as it is', async () => {
  const { server, wanted, apply, plan } = setup()
  server.users.set('ikoma', { line: 'ikoma:x:1001:1001::/home/ikoma:/bin/bash', groups: 'ikoma' })
  await apply(wanted())
  expect(await plan(wanted())).toEqual([])
  await apply(purged())
  expect([...server.users.keys()]).toEqual(['ikoma'])
})

test('an identity that root enrolled by hand is given to the runner', async () => {
  const { server, wanted, apply, plan } = setup()
  server.add(runnerFile, { kind: 'file', content: identityText(), mode: 0o600 })
  server.add(keyFile, { kind: 'file', content: 'PEM', mode: 0o600 })
  await apply(wanted({ enrolling: null }))
  expect(await plan(wanted({ enrolling: null }))).toEqual([])
  expect(server.nodes.get(keyFile)).toMatchObject({ owner: 'ikoma', mode: 0o600 })
})

describe('uninstall', () => {
  test('removes the units, keeps what cannot be made again, and install goes on from there', async () => {
    const { server, wanted, apply, plan, enrolments } = setup()
    await apply(wanted({ allow: ['system'] }))
    const kept = server.tree().filter((line) => !line.startsWith('/etc/systemd/system/'))
    await apply(removed())
    expect(await plan(removed())).toEqual([])
    expect([[...server.active], [...server.enabled]]).toEqual([[], []])
    expect(server.tree()).toEqual(kept)
    await apply(wanted({ enrolling: null }))
    expect([server.active.size, enrolments()]).toEqual([2, 1])
  })

  test('with purge leaves the server as it was', async () => {
    const { server, wanted, apply, plan } = setup()
    const before = server.tree()
    await apply(wanted())
    await apply(purged())
    expect([server.tree(), [...server.users]]).toEqual([before, []])
    expect(await plan(purged())).toEqual([])
  })

  test('with purge keeps the folders of apps, and the user who owns them', async () => {
    const { server, wanted, apply, plan } = setup()
    await apply(wanted())
    server.add('/var/lib/ikoma/gateway', { owner: 'ikoma', group: 'ikoma' })
    await apply(purged())
    expect(server.tree().filter((line) => line.startsWith('/var/lib/ikoma'))).toEqual([
      '/var/lib/ikoma root:root 755',
      '/var/lib/ikoma/gateway ikoma:ikoma 755',
    ])
    expect(server.users.has('ikoma')).toBe(true)
    expect(await plan(purged())).toEqual([])
  })

  test('of a server where nothing was installed has nothing to change', async () => {
    const { plan } = setup()
    expect([await plan(removed()), await plan(purged())]).toEqual([[], []])
  })
})
