import { catalogue } from '@ikoma/api'
import { type AptSimulation, type AptState, aptState, aptTools, versionOf } from '@ikoma/machine/testing/apt-tools'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect, test } from 'vitest'
import { policyOf } from '../order/policy.ts'
import { actionContext } from '../testing/action-context.ts'
import { applyPackages } from './packages.ts'

const anyPackage = policyOf({ packages: ['*'] })
const { payload: schema } = catalogue['system.packages.apply']

function setup(apt: AptSimulation, upstream: AptSimulation['offered'] = {}) {
  const machine = new SimulatedHost({ tools: aptTools(() => upstream), state: aptState(apt) })
  const apply = (payload: object, more = {}) =>
    applyPackages(schema.parse(payload), actionContext({ machine, policy: anyPackage, ...more }))
  return { machine, apply }
}

test('what the policy does not name is refused before anything is asked', async () => {
  const { machine, apply } = setup({})
  const refusal = { ok: false, errors: [{ code: 'refused_policy', message: expect.stringContaining('netcat') }] }
  expect(await apply({ install: ['curl', 'netcat'] }, { policy: policyOf({}) })).toMatchObject(refusal)
  expect(machine.ran).toEqual([])
})

test('the plan names everything that comes along, and its version', async () => {
  const { apply } = setup({ offered: { curl: { version: '7', depends: ['libcurl4'] }, libcurl4: { version: '8' } } })
  const result = await apply({ install: ['curl'] }, { dryRun: true })
  expect(result).toMatchObject({ output: { changes: [{ title: 'install curl', diff: '+curl 7\n+libcurl4 8' }] } })
})

test('on a machine that never fetched its lists, they are fetched before it is decided', async () => {
  const { machine, apply } = setup({}, { curl: { version: '7' } })
  const plan = { ok: true, output: { changes: [{ title: 'install curl', diff: null }] } }
  expect(await apply({ install: ['curl'] }, { dryRun: true })).toMatchObject(plan)
  expect(await apply({ install: ['curl'] })).toMatchObject({ ok: true })
  expect(versionOf(machine, 'curl')).toBe('7')
})

test('what is there is not upgraded', async () => {
  const { apply } = setup({ installed: { curl: '6' }, offered: { curl: { version: '7' } } })
  expect(await apply({ install: ['curl'] })).toMatchObject({ ok: true, output: { changed: false } })
})

test('a package that would bring others up to date is refused, unless that was asked for', async () => {
  const offered = { curl: { version: '7', depends: ['libc6'] }, libc6: { version: '2.37' } }
  const { machine, apply } = setup({ installed: { libc6: '2.36' }, offered })
  await expect(apply({ install: ['curl'] })).rejects.toMatchObject({
    reason: 'would_upgrade',
    message: expect.stringContaining('libc6 2.36 to 2.37'),
  })
  expect(versionOf(machine, 'curl')).toBeUndefined()
  expect(await apply({ install: ['curl'], upgradeDependencies: true })).toMatchObject({ ok: true })
  expect(versionOf(machine, 'libc6')).toBe('2.37')
})

test('a removal that would take others with it is refused, and names them', async () => {
  const apt = { installed: { nodejs: '12', npm: '8' }, offered: { npm: { version: '8', depends: ['nodejs'] } } }
  const { machine, apply } = setup(apt)
  await expect(apply({ remove: ['nodejs'] })).rejects.toMatchObject({
    reason: 'would_remove',
    message: expect.stringContaining('npm'),
  })
  expect(await apply({ remove: ['nodejs', 'npm'] })).toMatchObject({ ok: true })
  expect(versionOf(machine, 'npm')).toBeUndefined()
})

test('a package that was not even unpacked is installed once more', async () => {
  const { machine, apply } = setup({ installed: { nginx: '1' }, offered: { curl: { version: '7' } } })
  const { installed } = machine.state.apt as AptState
  installed.nginx = { version: '1', status: 'half-installed' }
  const changes = [{ title: 'finish the interrupted installation of nginx' }, { title: 'install curl' }]
  expect(await apply({ install: ['curl'] })).toMatchObject({ ok: true, output: { changes } })
  expect(installed.nginx?.status).toBe('installed')
})

test('what dpkg was writing down when it was killed is finished first', async () => {
  const { machine, apply } = setup({ offered: { curl: { version: '7' } } })
  machine.put('/var/lib/dpkg/updates/0001', '')
  const changes = [{ title: 'finish what dpkg began' }, { title: 'install curl' }]
  expect(await apply({ install: ['curl'] })).toMatchObject({ ok: true, output: { changes } })
  expect(await machine.list('/var/lib/dpkg/updates')).toEqual([])
})

test('an installation that was interrupted is finished first', async () => {
  const { machine, apply } = setup({ installed: { nginx: '1' }, offered: { curl: { version: '7' } } })
  const { installed } = machine.state.apt as AptState
  installed.nginx = { version: '1', status: 'half-configured' }
  expect(await apply({ install: ['curl'] })).toMatchObject({
    ok: true,
    output: { changes: [{ title: 'finish the interrupted installation of nginx' }, { title: 'install curl' }] },
  })
  expect(installed.nginx?.status).toBe('installed')
})

test('a package that no repository has is refused, and what was removed for it comes back', async () => {
  const { machine, apply } = setup({ installed: { nginx: '1' } })
  await expect(apply({ install: ['nosuch'], remove: ['nginx'] })).rejects.toMatchObject({
    reason: 'package_unavailable',
  })
  expect(versionOf(machine, 'nginx')).toBe('1')
})
