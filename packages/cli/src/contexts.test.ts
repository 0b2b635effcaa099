import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contextsPath } from './contexts.ts'
import { createWorld } from './testing/world.ts'

function setup(env: Record<string, string> = {}, stdin = 'iko_secret\n') {
  const world = createWorld({ env, stdin })
  const path = contextsPath(world.io)
  const add = (name: string, ...more: string[]) =>
    world.run(
      'context',
      'add',
      name,
      '--url',
      `https://${name}.example.org`,
      '--token-file',
      '-',
      '--no-check',
      ...more,
    )
  return { ...world, path, add }
}

describe('contexts', () => {
  it('are kept in a file that only its owner can read', async () => {
    const { add, path } = setup()
    expect((await add('prod')).code).toBe(0)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
    expect(JSON.parse(readFileSync(path, 'utf8')).contexts.prod.token).toBe('iko_secret')
  })

  it('are refused when others can read the file, with the command that repairs it', async () => {
    const { run, path, add } = setup()
    await add('prod')
    chmodSync(path, 0o640)
    const { code, stderr } = await run('context', 'list')
    expect(code).toBe(5)
    expect(stderr).toContain(`chmod 600 ${path}`)
  })

  it('are never half read: a broken file is an error', async () => {
    const { run, path } = setup()
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, '{"current":', { mode: 0o600 })
    expect(await run('context', 'list')).toMatchObject({ code: 2, stdout: '' })
  })

  it('follow XDG_CONFIG_HOME unless it is relative', () => {
    expect(contextsPath({ env: { XDG_CONFIG_HOME: '/etc/xdg' }, home: '/home/me' })).toBe(
      '/etc/xdg/ikoma/contexts.json',
    )
    expect(contextsPath({ env: { XDG_CONFIG_HOME: 'xdg' }, home: '/home/me' })).toBe(
      '/home/me/.config/ikoma/contexts.json',
    )
  })

  it('start with the first one as current, and change it only when told', async () => {
    const { add, run } = setup()
    await add('prod')
    expect((await add('test')).stderr).toContain('Current is still "prod"')
    await run('context', 'use', 'test')
    const { items } = JSON.parse((await run('context', 'list', '--json')).stdout)
    expect(items).toEqual([
      { name: 'prod', url: 'https://prod.example.org', credential: 'token', current: false },
      { name: 'test', url: 'https://test.example.org', credential: 'token', current: true },
    ])
    await run('context', 'remove', 'test')
    expect((await run('context', 'show')).stdout).toContain('this folder')
  })

  it('never show a credential', async () => {
    const { add, run } = setup()
    const seen = [await add('prod')]
    for (const verb of [['list'], ['show'], ['use', 'prod'], ['remove', 'prod']]) {
      seen.push(await run('context', ...verb), await run('context', ...verb, '--json'))
    }
    expect(JSON.stringify(seen)).not.toContain('iko_secret')
  })

  it.each(['', '__proto__', 'a b', '-x'])('do not take the name "%s"', async (name) => {
    const { run } = setup()
    expect((await run('context', 'add', '--url', 'https://a.b', '--token-file', '-', '--', name)).code).toBe(2)
  })

  it('want a credential from a file, standard input or the environment', async () => {
    const { run } = setup()
    const { code, stderr } = await run('context', 'add', 'prod', '--url', 'https://a.b')
    expect([code, stderr]).toEqual([2, expect.stringContaining('--token-file')])
    const missing = await run('context', 'add', 'prod', '--url', 'https://a.b', '--token-file', 'none.txt')
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('none.txt cannot be read') })
  })
})
