import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { type Host, planFor } from '@ikoma/machine'
import { noSystemdService, systemdService, systemdTimer, type WantedService } from '@ikoma/machine/systemd'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { localHost } from '../host/local-host.ts'

/** This machine, but for /etc and /run, which are in a folder of the test, and for systemctl: systemd need not run here. */
let folder: string
let machine: Host
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ikoma-systemd-'))
  const marker = `systemd.${process.pid}`
  const real = localHost({ cwd: '/', marker, killGraceMs: 500, signal: new AbortController().signal })
  const place = (path: string) => path.replace(/^\/(run|etc\/systemd\/system)(?=\/)/, folder)
  const mine = { owner: userInfo().username, group: userInfo().username }
  machine = {
    ...real,
    run: ({ argv: [tool, ...args], ...rest }) =>
      tool === 'systemctl'
        ? Promise.resolve({ code: 0, stdout: 'LoadState=not-found\nActiveState=inactive\n', stderr: '' })
        : real.run({ argv: [tool, ...args.map(place)], ...rest }),
    look: (path) => real.look(place(path)),
    read: (path) => real.read(place(path)),
    readFile: (path) => real.readFile(place(path)),
    list: (path) => real.list(place(path)),
    write: (path, content) => real.write(place(path), { ...content, ...mine }),
    makeDirectory: (path, access) => real.makeDirectory(place(path), { ...access, ...mine }),
    remove: (path) => real.remove(place(path)),
  }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const program = {
  description: 'A sample',
  user: 'daemon',
  workingDirectory: '/srv',
  execStart: ['/bin/true', '%h;$HOME'],
  environment: { TOKEN: 'a"b\n' },
}
/** There on every Debian, and no app's. */
const named = { accounts: ['daemon'], groups: ['daemon'] }
const wanted: WantedService = { ...program, name: 'ikoma-test-sample', restart: 'always', settleSec: 1 }

describe('systemd-analyze, before a unit is installed', () => {
  test('finds nothing wrong with a service', async () => {
    const [check] = await planFor(systemdService(wanted, named), machine)
    expect(check?.title).toBe('have systemd check ikoma-test-sample.service')
    await check?.apply(machine)
    expect(existsSync(join(folder, 'ikoma-verify'))).toBe(false)
  })

  test('is not disturbed by what a check that was killed has left', async () => {
    const left = join(folder, 'ikoma-verify')
    mkdirSync(left)
    writeFileSync(join(left, 'ikoma-test-other.service'), '[Service]\nExecStart=/no/such/program\n')
    const [check] = await planFor(systemdService(wanted, named), machine)
    await check?.apply(machine)
    expect(existsSync(left)).toBe(false)
  })

  test('finds nothing wrong with a timer and its job', async () => {
    const schedule = { calendar: '*-*-* 02:00:00 Europe/Paris', persistent: true }
    const { restart, settleSec, ...job } = wanted
    const [check] = await planFor(systemdTimer({ ...job, timeoutSec: 60, schedule }, named), machine)
    await check?.apply(machine)
  })

  test.each([
    ['a program that is not there', { execStart: ['/no/such/program'] }, '/no/such/program is not executable'],
  ])('refuses %s', async (_, more, said) => {
    const [check] = await planFor(systemdService({ ...wanted, ...more }, named), machine)
    await expect(check?.apply(machine)).rejects.toMatchObject({
      reason: 'unit_refused',
      message: expect.stringContaining(said),
    })
    expect(existsSync(join(folder, 'ikoma-verify'))).toBe(false)
  })

  test('refuses a time that is none', async () => {
    const { restart, settleSec, ...job } = wanted
    const timer = systemdTimer({ ...job, timeoutSec: 60, schedule: { calendar: '*-*-* 25:00' } }, named)
    const [check] = await planFor(timer, machine)
    await expect(check?.apply(machine)).rejects.toMatchObject({ reason: 'unit_refused' })
  })
})

test('a user who is not there is found out with id', async () => {
  const plan = planFor(systemdService({ ...wanted, user: 'nobody-of-that-name' }), machine)
  await expect(plan).rejects.toMatchObject({ reason: 'no_such_user' })
})

test('what is not there needs no removal', async () => {
  expect(await planFor([noSystemdService('ikoma-test-sample')], machine)).toEqual([])
})
