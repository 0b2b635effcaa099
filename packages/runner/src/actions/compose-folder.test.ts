import { composeTools, dockerOf } from '@ikoma/machine/testing/compose-tools'
import { describe, expect, test } from 'vitest'
import { up, withService } from '../testing/compose-orders.ts'

describe("a folder of the app's own account", () => {
  const app = { mode: 0o644, owner: 'shop', group: 'shop' }
  async function shopOf(service: string) {
    const machine = withService(service)
    const compose = machine.contentOf('/srv/shop/docker-compose.yml') ?? ''
    machine.put('/srv/shop/docker-compose.yml', compose, app)
    await machine.makeDirectory('/srv/shop', { ...app, mode: 0o755 })
    machine.put('/srv/other/secret', 'KEY=sesame\n', { mode: 0o600, owner: 'root', group: 'root' })
    return machine
  }
  const unsafe = { reason: 'unsafe_path' }

  test('may not have a file of variables that its account could not read', async () => {
    const machine = await shopOf('env_file: x.env')
    machine.put('/srv/shop/x.env', 'KEY=sesame\n', { mode: 0o600, owner: 'other', group: 'other' })
    await expect(up(machine)).rejects.toMatchObject(unsafe)
    machine.put('/srv/shop/x.env', 'KEY=own\n', { ...app, mode: 0o600 })
    expect((await up(machine)).result).toMatchObject({ ok: true })
    machine.put('/srv/shop/.env', 'KEY=sesame\n', { mode: 0o600, owner: 'root', group: 'root' })
    await expect(up(machine)).rejects.toMatchObject(unsafe)
  })

  test('has each file of it opened once, and what it then held is what compose gets', async () => {
    const machine = await shopOf('env_file: x.env')
    dockerOf(machine).version = 2
    machine.put('/srv/shop/x.env', 'KEY=own\n', { ...app, mode: 0o600 })
    const inputs: string[] = []
    machine.install('docker', (call) => {
      inputs.push(call.input)
      // What its account does between two looks of ours.
      machine.putLink('/srv/shop/x.env', '/srv/other/secret')
      return composeTools.docker?.(call) ?? { code: 1 }
    })
    await up(machine).catch(() => undefined)
    expect(inputs.join()).not.toContain('sesame')
    expect(inputs.find((input) => input !== '')).toContain('"environment":{"KEY":"own"}')
    expect(inputs.join()).not.toContain('x.env')
  })

  test('is not built of, where its account could put a link in the place of a file', async () => {
    const machine = await shopOf('build: .')
    await expect(up(machine)).rejects.toMatchObject(unsafe)
    const closed = withService('build: .')
    closed.put('/srv/shop/src/main.js', '1', app)
    await closed.makeDirectory('/srv/shop/src', { ...app, mode: 0o755 })
    await expect(up(closed)).rejects.toMatchObject({ ...unsafe, message: expect.stringContaining('/srv/shop/src ') })
    await closed.makeDirectory('/srv/shop/src', { mode: 0o755, owner: 'root', group: 'root' })
    expect((await up(closed)).result).toMatchObject({ ok: true })
  })

  test('is not built of where a container writes, unless that is left out', async () => {
    const machine = withService('build: ., volumes: ["./logs:/logs"]')
    await expect(up(machine)).rejects.toMatchObject({ ...unsafe, message: expect.stringContaining('/srv/shop/logs ') })
    machine.put('/srv/shop/.dockerignore', '# x\nlogs/\n!logs/x\n')
    await expect(up(machine)).rejects.toMatchObject(unsafe)
    machine.put('/srv/shop/.dockerignore', '# x\r\n/logs/\r\nnode_modules\n')
    machine.putDirectory('/srv/shop/node_modules/x', { ...app, mode: 0o755 })
    expect((await up(machine)).result).toMatchObject({ ok: true })
    machine.put('/srv/shop/.dockerignore', '/logs/\nnode_modules\n', app)
    await expect(up(machine)).rejects.toMatchObject(unsafe)
    machine.put('/srv/shop/.dockerignore', '/logs/\nnode_modules\n')
    machine.put('/srv/shop/Dockerfile.dockerignore', '')
    await expect(up(machine)).rejects.toMatchObject(unsafe)
  })

  test('has no secret or config bound that it could exchange', async () => {
    const machine = await shopOf('secrets: [s]')
    machine.put(
      '/srv/shop/docker-compose.yml',
      'services: { web: { image: x, secrets: [s] } }\nsecrets: { s: { file: s } }',
      app,
    )
    await expect(up(machine)).rejects.toMatchObject(unsafe)
  })
})
