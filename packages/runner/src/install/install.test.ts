import { newId } from '@ikoma/kernel'
import { converge, linesOf, type Stage } from '@ikoma/machine'
import { accountTools, hasUser } from '@ikoma/machine/testing/account-tools'
import { SimulatedHost, type Tool } from '@ikoma/machine/testing/simulated-host'
import { noUnitRuns, systemdOf, systemdTools } from '@ikoma/machine/testing/systemd-tools'
import { describe, expect, test } from 'vitest'
import { invitationDigest } from '../protocol/enrol.ts'
import { installationOf } from './install-runner.ts'
import { type Installation, installed } from './installed.ts'
import * as places from './places.ts'
import { purged, removed } from './removed.ts'

const program = { node: '/opt/ikoma/node', entry: '/opt/ikoma/dist/index.cjs', build: 'ab12cd34ef56' }
/** One whose Node ends as soon as it was started. */
const crashing = { ...program, node: '/opt/crash/node' }
const runnerFile = `${places.stateDir}/runner.json`
const keyFile = `${places.stateDir}/runner-key.pem`
const byRoot = { owner: 'root', group: 'root', mode: 0o644 }
const byRunner = { owner: 'ikoma', group: 'ikoma', mode: 0o600 }

function identityText(more = {}): string {
  const key = { keyId: 'key-1', publicKey: 'public' }
  const identity = { url: 'https://ikoma.example.org', runnerId: newId(), name: 'web-1', token: 'iko_secret' }
  const scopes = { serverId: null, scopes: ['*'], concurrency: 4 }
  return JSON.stringify({ ...identity, ...scopes, controlPlaneKey: key, ...more })
}

/** As the first source document makes it. */
const byHand = { home: '/home/ikoma', shell: '/bin/bash', groups: ['ikoma'] }

/** The programs that handle files in trees, as far as install has them do it. */
const fileTools: Record<string, Tool> = {
  chown({ machine }) {
    for (const path of [runnerFile, keyFile]) machine.put(path, machine.contentOf(path) ?? '', byRunner)
    return {}
  },
  chmod: () => ({}),
  rm({ args, machine }) {
    machine.move(args.at(-1) ?? '', null)
    return {}
  },
}

function nodesOf(machine: SimulatedHost) {
  const { files } = machine.snapshot() as { files: Record<string, { owner: string; group: string; mode: number }> }
  return files
}

/** A bare server with the program on it, and an invitation to enrol it. */
function setup() {
  const tools = { ...accountTools, ...systemdTools, ...fileTools }
  const server = new SimulatedHost({ tools, state: { users: {}, systemd: noUnitRuns } })
  for (const path of ['/etc/systemd/system', '/run', '/var/lib']) server.putDirectory(path)
  for (const path of [program.node, crashing.node, program.entry, '/opt/ikoma/dist/main-AB12.mjs']) {
    server.put(path, '', { ...byRoot, mode: 0o755 })
  }
  let enrolments = 0
  const enrol = async () => {
    enrolments += 1
    server.put(runnerFile, identityText())
    server.put(keyFile, 'PEM')
  }
  const enrolling = { url: 'https://ikoma.example.org', enrol }
  const wanted = (more: Partial<Installation> = {}) =>
    installed({ program, enrolling, allow: undefined, settleSec: 1, ...more })
  const carryOut = (stages: Stage[], dryRun: boolean) => {
    const step = async <T>(_: string, run: () => Promise<T>) => run()
    const { signal } = new AbortController()
    const course = { signal, log: () => {}, show: () => {}, step, machineAfterStop: server, dryRun }
    return converge(stages, server, course)
  }
  const plan = async (stages: Stage[]) => linesOf((await carryOut(stages, true)).plan).map(({ title }) => title)
  const apply = async (stages: Stage[]) => expect((await carryOut(stages, false)).left).toEqual([])
  return {
    ...{ server, wanted, plan, apply },
    policy: () => JSON.parse(server.contentOf(places.policyFile) || '{}'),
    running: () => Object.keys(systemdOf(server).running),
    enrolments: () => enrolments,
    /** Every path with its owner and mode. */
    tree: () =>
      Object.entries(nodesOf(server)).map(
        ([path, { owner, group, mode }]) => `${path} ${owner}:${group} ${mode.toString(8)}`,
      ),
  }
}

describe('install', () => {
  test('makes user, folders, settings and units, and then there is nothing to change', async () => {
    const { server, wanted, plan, apply, enrolments, running, tree } = setup()
    await apply(wanted())
    expect(await plan(wanted())).toEqual([])
    expect(await plan(wanted({ enrolling: null }))).toEqual([])
    expect([running(), systemdOf(server).enabled, enrolments()]).toEqual([
      [places.executorSocket, places.runnerUnit],
      [places.executorSocket, places.runnerUnit],
      1,
    ])
    expect(tree().filter((line) => line.includes('ikoma') && !line.startsWith('/opt'))).toEqual([
      '/etc/ikoma root:root 755',
      '/etc/ikoma/executor-seal-key.pem root:root 600',
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

  test('enrols again with another invitation, and with the same one changes nothing', async () => {
    const { server, wanted, plan, apply, running } = setup()
    const invited = (invitation: string, url = 'https://ikoma.example.org') => {
      const enrol = async () => {
        server.put(runnerFile, identityText({ invitation, url }))
        server.put(keyFile, 'PEM')
      }
      return wanted({ enrolling: { url, invitation, enrol } })
    }
    await apply(invited('first'))
    expect(await plan(invited('first'))).toEqual([])
    const pinned = server.contentOf(places.executorConfig)
    expect(await plan(invited('second'))).toContain('enrol this server anew with https://ikoma.example.org')
    await apply(invited('second'))
    expect(server.contentOf(places.executorConfig)).not.toBe(pinned)
    expect(await plan(invited('second'))).toEqual([])
    expect(running()).toContain(places.runnerUnit)
    // A former version did not write which invitation it was: its address is known.
    const { invitation: _invitation, ...former } = JSON.parse(server.contentOf(runnerFile) ?? '')
    server.put(runnerFile, JSON.stringify(former), byRunner)
    expect(await plan(invited('third'))).toEqual([])
    expect(await plan(invited('third', 'https://other.example.org'))).toContain(
      'enrol this server anew with https://other.example.org',
    )
  })

  test('goes to another address of its control plane, as who it is', async () => {
    const { server, wanted, plan, apply, running } = setup()
    await apply(wanted())
    const before = JSON.parse(server.contentOf(runnerFile) ?? '')
    const moving = { url: 'https://new.example.org', insecure: false }
    expect(await plan(wanted({ enrolling: null, moving }))).toContain(
      'ask the control plane at https://new.example.org',
    )
    await apply(wanted({ enrolling: null, moving }))
    expect(JSON.parse(server.contentOf(runnerFile) ?? '')).toEqual({ ...before, url: moving.url })
    expect(nodesOf(server)[runnerFile]).toMatchObject(byRunner)
    expect(await plan(wanted({ enrolling: null, moving }))).toEqual([])
    expect(running()).toContain(places.runnerUnit)
  })

  test('is told of the other address, and by which invitation it is enrolled', () => {
    const moving = { url: 'https://new.example.org', insecure: false }
    const given = { program, version: '1', invitation: null, newIdentity: true, allow: ['check'] }
    expect(installationOf({ ...given, moving })).toMatchObject({
      ...{ moving, enrolling: null, newIdentity: true, allow: ['check'] },
    })
    const digestOf = (token: string) =>
      installationOf({ ...given, invitation: { url: moving.url, token } }).enrolling?.invitation
    expect(digestOf('iko_a')).toBe(invitationDigest('iko_a'))
    expect(digestOf('iko_b')).not.toBe(digestOf('iko_a'))
  })

  test('shows what it would do and does nothing of it', async () => {
    const { wanted, plan, enrolments, running, tree } = setup()
    const before = tree()
    expect(await plan(wanted())).toContain('enrol this server with https://ikoma.example.org')
    expect([tree(), enrolments(), running()]).toEqual([before, 0, []])
  })

  test('takes back what it made when the runner does not stay up, but for the enrolment', async () => {
    const { server, wanted, apply, plan, running, tree } = setup()
    await expect(apply(wanted({ program: crashing }))).rejects.toMatchObject({ reason: 'service_does_not_stay_up' })
    expect([running(), systemdOf(server).enabled, hasUser(server, 'ikoma')]).toEqual([[], [], false])
    expect(tree().filter((line) => line.startsWith('/etc/systemd/system/'))).toEqual([])
    await apply(wanted({ enrolling: null }))
    expect(await plan(wanted({ enrolling: null }))).toEqual([])
  })

  test('starts again what reads a file that changed, and nothing else', async () => {
    const { server, wanted, apply, plan } = setup()
    await apply(wanted())
    expect(await plan(wanted({ allow: ['system'] }))).toEqual([
      'note that ikoma-runner.service is to be started anew',
      `change ${places.policyFile}`,
      'restart ikoma-runner.service',
    ])
    expect(await plan(wanted({ program: { ...program, build: '000000000000' } }))).toEqual([
      'note that ikoma-runner.service is to be started anew',
      'change /etc/systemd/system/ikoma-runner.service',
      'restart ikoma-runner.service',
    ])
    delete systemdOf(server).running[places.executorSocket]
    expect(await plan(wanted())).toEqual([
      'note that ikoma-executor.socket is to be started anew',
      'start ikoma-executor.socket',
    ])
  })

  test('that was killed after the policy was written starts the runner with it the next time', async () => {
    for (let calls = 1, killed = true; killed; calls += 1) {
      const { server, wanted, apply, plan } = setup()
      await apply(wanted())
      const before = server.ran.length
      server.dieAfter(calls)
      killed = await apply(wanted({ allow: ['system'] })).then(
        () => false,
        () => true,
      )
      server.revive()
      const restarted = server.ran.slice(before).some((argv) => argv.includes('restart'))
      const left = await plan(wanted({ allow: ['system'] }))
      expect([calls, restarted || left.includes('restart ikoma-runner.service')]).toEqual([calls, true])
    }
  })

  test('starts the runner as it was when its change is taken back', async () => {
    const { server, wanted, apply, policy } = setup()
    await apply(wanted())
    const before = structuredClone([policy(), systemdOf(server).running[places.runnerUnit]])
    const crash = apply(wanted({ program: crashing, allow: ['*'] }))
    await expect(crash).rejects.toMatchObject({ reason: 'service_does_not_stay_up' })
    expect([policy(), systemdOf(server).running[places.runnerUnit]]).toEqual(before)
  })

  test('that was killed at any moment is made whole by the next one', async () => {
    const whole = setup()
    await whole.apply(whole.wanted())
    for (let calls = 1; calls < whole.server.calls; calls += 1) {
      const { server, wanted, apply, plan } = setup()
      server.dieAfter(calls)
      await expect(apply(wanted())).rejects.toThrow()
      server.revive()
      await apply(wanted())
      expect(await plan(wanted())).toEqual([])
    }
  })
})

describe('a new identity', () => {
  test('is taken once, the executor believes it, and the runner is started under it', async () => {
    const { server, wanted, apply, plan, enrolments, running } = setup()
    await apply(wanted())
    const pinned = () => JSON.parse(server.contentOf(places.executorConfig) ?? '').runnerId
    const before = pinned()
    expect(await plan(wanted({ newIdentity: true }))).toContain('enrol this server anew with https://ikoma.example.org')
    const stops = () => server.ran.filter((argv) => argv.join(' ') === `systemctl stop ${places.runnerUnit}`).length
    await apply(wanted({ newIdentity: true }))
    expect([enrolments(), stops(), running()]).toEqual([2, 1, [places.executorSocket, places.runnerUnit]])
    expect(pinned()).not.toBe(before)
    expect(pinned()).toBe(JSON.parse(server.contentOf(runnerFile) ?? '').runnerId)
    expect(await plan(wanted())).toEqual([])
  })

  test('needs an invitation', async () => {
    const { wanted, apply, plan } = setup()
    await apply(wanted())
    await expect(plan(wanted({ newIdentity: true, enrolling: null }))).rejects.toMatchObject({ reason: 'not_enrolled' })
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
    server.put(places.policyFile, content)
    await apply(wanted())
    expect(server.contentOf(places.policyFile)).toBe(content)
    await apply(wanted({ allow: ['system'] }))
    expect(policy()).toEqual({ scopes: ['runner', 'system.facts', 'check', 'system'], maxTimeoutSec: 60 })
    server.put(places.policyFile, '{"scope":"*"}')
    await expect(plan(wanted())).rejects.toMatchObject({ reason: 'policy_invalid' })
  })

  test('is not written with a scope that is none', async () => {
    const { wanted, plan } = setup()
    await expect(plan(wanted({ allow: ['System;'] }))).rejects.toMatchObject({ reason: 'scope_invalid' })
  })
})

describe('install refuses', () => {
  test('an invitation for a server whose executor believes another identity, before it is spent', async () => {
    const { server, wanted, apply, enrolments } = setup()
    await apply(wanted())
    for (const path of [runnerFile, keyFile]) server.move(path, null)
    await expect(apply(wanted())).rejects.toMatchObject({ reason: 'identity_changed' })
    expect(enrolments()).toBe(1)
  })

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
    server.put(runnerFile, identityText(more), byRunner)
    await expect(plan(wanted())).rejects.toMatchObject({ reason: 'identity_changed' })
  })

  test.each([
    ['a bundle that somebody else owns', '/opt/ikoma/dist/main-AB12.mjs', { owner: 'deploy' }],
    ['a Node that others can write', program.node, { mode: 0o777 }],
    ['a Node that a group can write', program.node, { group: 'staff', mode: 0o775 }],
    ['a bundle that the runner cannot read', program.entry, { mode: 0o700 }],
    ['a Node that the runner cannot start', program.node, { mode: 0o744 }],
  ])('%s', async (_, path, access) => {
    const { server, wanted, plan } = setup()
    server.put(path, '', { ...byRoot, mode: 0o755, ...access })
    await expect(plan(wanted())).rejects.toMatchObject({ reason: 'unsafe_program' })
  })

  test('a program in a folder that others can write', async () => {
    const { server, wanted, plan } = setup()
    await server.makeDirectory('/opt', { owner: 'root', group: 'staff', mode: 0o775 })
    await expect(plan(wanted())).rejects.toMatchObject({ reason: 'unsafe_program' })
  })

  test.each([
    ['that units cannot see', { node: '/opt/ikoma/node', entry: '/root/dist/index.cjs' }],
    ['that is not the bundle', { node: '/opt/ikoma/node', entry: '/opt/ikoma/packages/cli/src/main.ts' }],
  ])('a program %s', async (_, other) => {
    const { server, wanted, plan } = setup()
    server.put(other.entry, '')
    await expect(plan(wanted({ program: { ...other, build: '' } }))).rejects.toMatchObject({ reason: 'unsafe_program' })
  })

  test.each(['sudo', 'docker'])('a user ikoma that is in the group %s', async (group) => {
    const { server, wanted, plan } = setup()
    server.state.users = { ikoma: { ...byHand, groups: ['ikoma', group] } }
    await expect(plan(wanted())).rejects.toMatchObject({ reason: 'powerful_user' })
  })
})

test('a user made by hand, as the first document says, is left as it is', async () => {
  const { server, wanted, apply, plan } = setup()
  server.state.users = { ikoma: byHand }
  await apply(wanted())
  expect(await plan(wanted())).toEqual([])
  await apply(purged())
  expect(server.state.users).toEqual({ ikoma: byHand })
})

test('an identity that root enrolled by hand is given to the runner', async () => {
  const { server, wanted, apply, plan, tree } = setup()
  server.put(runnerFile, identityText(), { ...byRoot, mode: 0o600 })
  server.put(keyFile, 'PEM', { ...byRoot, mode: 0o600 })
  await apply(wanted({ enrolling: null }))
  expect(await plan(wanted({ enrolling: null }))).toEqual([])
  expect(tree()).toContain(`${keyFile} ikoma:ikoma 600`)
})

test('a link in the place of the key is not followed', async () => {
  const { server, wanted, apply } = setup()
  server.put(runnerFile, identityText(), byRunner)
  server.putLink(keyFile, '/etc/shadow')
  await expect(apply(wanted({ enrolling: null }))).rejects.toMatchObject({ reason: 'unexpected_file' })
  const reached = server.ran.filter(([name, ...args]) => name === 'chown' || args.includes(keyFile))
  expect(reached).toEqual([])
})

test('what is given to the runner is closed to others before it is the runner’s', async () => {
  const { server, wanted, apply } = setup()
  await apply(wanted())
  const handed = server.ran.map(([name]) => name).filter((name) => name === 'chmod' || name === 'chown')
  expect(handed).toEqual(['chmod', 'chmod', 'chown'])
})

describe('uninstall', () => {
  test('removes the units, keeps what cannot be made again, and install goes on from there', async () => {
    const { server, wanted, apply, plan, enrolments, running, tree } = setup()
    await apply(wanted({ allow: ['system'] }))
    const kept = tree().filter((line) => !line.startsWith('/etc/systemd/system/'))
    await apply(removed())
    expect(await plan(removed())).toEqual([])
    expect([running(), systemdOf(server).enabled]).toEqual([[], []])
    expect(tree()).toEqual(kept)
    await apply(wanted({ enrolling: null }))
    expect([running().length, enrolments()]).toEqual([2, 1])
  })

  test('with purge leaves the server as it was', async () => {
    const { server, wanted, apply, plan, tree } = setup()
    const before = tree()
    await apply(wanted())
    await apply(purged())
    expect([tree(), server.state.users]).toEqual([before, {}])
    expect(await plan(purged())).toEqual([])
  })

  test('with purge keeps the folders of apps, and the user who owns them', async () => {
    const { server, wanted, apply, plan, tree } = setup()
    await apply(wanted())
    server.putDirectory('/var/lib/ikoma/gateway', { owner: 'ikoma', group: 'ikoma', mode: 0o755 })
    await apply(purged())
    expect(tree().filter((line) => line.startsWith('/var/lib/ikoma'))).toEqual([
      '/var/lib/ikoma root:root 755',
      '/var/lib/ikoma/gateway ikoma:ikoma 755',
    ])
    expect(hasUser(server, 'ikoma')).toBe(true)
    expect(await plan(purged())).toEqual([])
  })

  test('of a server where nothing was installed has nothing to change', async () => {
    const { plan } = setup()
    expect([await plan(removed()), await plan(purged())]).toEqual([[], []])
  })
})
