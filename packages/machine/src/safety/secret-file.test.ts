import { expect, test } from 'vitest'
import { SimulatedHost } from '../testing/simulated-host.ts'
import { readSecretFile, refuseOpenSecretFile } from './secret-file.ts'

const path = '/etc/app/secret'

test.each([
  ['of its owner alone', { owner: 'app', mode: 0o600 }, null],
  ['that its owner cannot change', { owner: 'app', mode: 0o400 }, null],
  ['that its group can read', { owner: 'app', mode: 0o640 }, 'chmod 600 /etc/app/secret'],
  ['that all can write', { owner: 'app', mode: 0o602 }, 'chmod 600 /etc/app/secret'],
  ['of root, while an app is to read it', { owner: 'root', mode: 0o600 }, 'chown app /etc/app/secret'],
  ['of somebody else', { owner: 'other', mode: 0o600 }, 'chown app /etc/app/secret'],
])('a file %s', async (_, access, cure) => {
  const machine = new SimulatedHost()
  machine.put(path, 'sesame', { ...access, group: 'app' })
  const looked = refuseOpenSecretFile(machine, path, 'app')
  if (cure === null) return expect(await looked).toBeUndefined()
  await expect(looked).rejects.toMatchObject({ reason: 'auth_file_refused', message: expect.stringContaining(cure) })
})

test('a link, a folder and nothing at all are no file', async () => {
  const machine = new SimulatedHost()
  machine.putLink('/etc/app/link', path)
  machine.putDirectory('/etc/app/folder')
  for (const name of ['link', 'folder', 'none']) {
    const looked = refuseOpenSecretFile(machine, `/etc/app/${name}`, 'app')
    await expect(looked).rejects.toMatchObject({
      message: expect.stringContaining(`install -m 600 -o app /dev/null /etc/app/${name}`),
    })
  }
})

test('a secret is read from the file that was judged, whatever is at its path by then', async () => {
  const byRoot = { owner: 'root', group: 'root', mode: 0o600 }
  for (const exchanged of [
    { ...byRoot, owner: 'app' },
    { ...byRoot, mode: 0o644 },
  ]) {
    const machine = new SimulatedHost()
    machine.put(path, 'sesame', byRoot)
    expect(await readSecretFile(machine, path, 'root')).toBe('sesame')
    const calls = machine.calls
    machine.afterCall((count) => void (count === calls + 1 && machine.put(path, 'other', exchanged)))
    await expect(readSecretFile(machine, path, 'root')).rejects.toMatchObject({ reason: 'auth_file_refused' })
  }
})
