import { catalogue } from '@ikoma/api'
import { type AptSimulation, aptState, aptTools, versionOf } from '@ikoma/machine/testing/apt-tools'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { describe, expect, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { applyUpdates } from './system-updates-apply.ts'

const outdated = { installed: { openssl: '3.0.1', nginx: '1.22.1-9' } }
const fresh = { openssl: { version: '3.0.2', security: true }, nginx: { version: '1.22.1-10' } }

function setup(files: Record<string, string> = {}, apt: AptSimulation = outdated) {
  const kernel = { uname: () => ({ stdout: '6.1.0-9-amd64\n' }) }
  const tools = { ...aptTools(() => fresh), ...kernel }
  const machine = new SimulatedHost({ files, tools, state: aptState(apt) })
  const apply = (payload: object, more = {}) =>
    applyUpdates(catalogue['system.updates.apply'].payload.parse(payload), actionContext({ machine, ...more }))
  return { machine, apply }
}

test('what is new since the lists were last fetched is planned, package by package', async () => {
  const { machine, apply } = setup()
  const result = await apply({ scope: 'all' }, { dryRun: true })
  expect(result).toMatchObject({
    ok: true,
    output: {
      changed: false,
      changes: [
        { title: 'upgrade 2 packages', diff: '-openssl 3.0.1\n+openssl 3.0.2\n-nginx 1.22.1-9\n+nginx 1.22.1-10' },
      ],
      upgraded: [{ security: true }, { security: false }],
    },
  })
  expect(versionOf(machine, 'openssl')).toBe('3.0.1')
})

test('all of it is everything, once', async () => {
  const { machine, apply } = setup()
  expect(await apply({ scope: 'all' })).toMatchObject({ ok: true, output: { changed: true } })
  expect(versionOf(machine, 'nginx')).toBe('1.22.1-10')
  expect(await apply({ scope: 'all' })).toMatchObject({ output: { changed: false, upgraded: [] } })
})

describe('a reboot', () => {
  test.each<[string, Record<string, string>, string[]]>([
    ['is named with the packages that want it', { '/run/reboot-required.pkgs': 'libc6\nlibc6\n' }, ['libc6']],
    ['is wanted by whoever says so', { '/run/reboot-required': '' }, ['another program says so']],
    [
      'is wanted for a kernel that waits',
      { '/boot/vmlinuz-6.1.0-9-amd64': '', '/boot/vmlinuz-6.1.0-10-amd64': '' },
      ['kernel 6.1.0-10-amd64'],
    ],
    [
      'is not wanted for an older kernel',
      { '/boot/vmlinuz-6.1.0-9-amd64': '', '/boot/vmlinuz-5.10.0-30-amd64': '' },
      [],
    ],
    ['is not wanted where the kernel is not ours, as in a container', { '/boot/vmlinuz-6.5.0-1-amd64': '' }, []],
  ])('%s', async (_, files, reasons) => {
    const { apply } = setup(files)
    const result = await apply({})
    expect(result.output).toMatchObject({ rebootRequired: reasons.length > 0, rebootReasons: reasons })
    if (reasons.length > 0) expect(result.summary).toContain('A reboot is required')
  })
})
