import { hasUser } from '@ikoma/machine/testing/account-tools'
import { systemdOf } from '@ikoma/machine/testing/systemd-tools'
import { describe, expect, test } from 'vitest'
import { invitationDigest } from '../protocol/enrol.ts'
import {
  byRunner,
  crashing,
  identityText,
  keyFile,
  nodesOf,
  program,
  runnerFile,
  setup,
} from '../testing/bare-server.ts'
import { installationOf } from './install-runner.ts'
import * as places from './places.ts'

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
    const renewed = { ca: 'another authority', insecure: false }
    expect(await plan(wanted({ enrolling: null, moving: renewed }))).toContain(
      'believe another authority of the control plane',
    )
    await apply(wanted({ enrolling: null, moving: renewed }))
    const { url, ca } = JSON.parse(server.contentOf(runnerFile) ?? '')
    expect([url, ca]).toEqual([moving.url, renewed.ca])
    expect(await plan(wanted({ enrolling: null, moving: renewed }))).toEqual([])
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
