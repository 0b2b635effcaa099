import { describe, expect, test } from 'vitest'
import { byHand, byRoot, byRunner, identityText, keyFile, program, runnerFile, setup } from '../testing/bare-server.ts'
import * as places from './places.ts'
import { purged } from './removed.ts'

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
