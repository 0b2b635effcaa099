import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeContexts } from './contexts.ts'
import { type ControlPlaneOptions, findControlPlane } from './find-control-plane.ts'
import { messagesIn } from './messages/index.ts'
import { createWorld } from './testing/world.ts'

const prod = { url: 'https://prod.example.org', token: 'prod-token' }

async function setup(env: Record<string, string> = {}, kept: string | null = null) {
  const { io, home } = createWorld({ env })
  const context = { io, t: messagesIn('en'), language: 'en' as const }
  await writeContexts({ current: kept, contexts: { prod } }, context)
  mkdirSync(join(home, 'data'))
  writeFileSync(join(home, 'data', 'admin.key'), 'local-key\n')
  return { home, find: (options: ControlPlaneOptions = {}) => findControlPlane(options, context) }
}

const token = (value: string) => ({ kind: 'token', token: value })
const adminKey = (key: string) => ({ kind: 'admin-key', key })

describe('the control plane a command speaks to', () => {
  it('is the one of this folder, with the key it left there, when nothing else is said', async () => {
    const { find } = await setup()
    expect(await find()).toMatchObject({
      url: 'http://127.0.0.1:3000',
      credential: adminKey('local-key'),
      source: 'local',
    })
  })

  it('has its key beside DB_PATH', async () => {
    const { find, home } = await setup({ DB_PATH: 'elsewhere/ikoma.db' })
    mkdirSync(join(home, 'elsewhere'))
    writeFileSync(join(home, 'elsewhere', 'admin.key'), 'other-key')
    expect((await find()).credential).toEqual(adminKey('other-key'))
  })

  it('is the current context before that', async () => {
    const { find } = await setup({}, 'prod')
    expect(await find()).toMatchObject({ url: prod.url, credential: token('prod-token'), context: 'prod' })
  })

  it('is the environment before the current context', async () => {
    const { find } = await setup({ IKOMA_URL: 'https://env.example.org', IKOMA_TOKEN: 'env-token' }, 'prod')
    expect(await find()).toMatchObject({ url: 'https://env.example.org', credential: token('env-token') })
  })

  it('is what the options say before all', async () => {
    const { find } = await setup({ IKOMA_URL: 'https://env.example.org', IKOMA_TOKEN: 'env-token' })
    expect(await find({ context: 'prod' })).toMatchObject({ url: prod.url, credential: token('prod-token') })
    expect(await find({ url: 'https://prod.example.org/' })).toMatchObject({
      source: 'option',
      credential: token('prod-token'),
    })
  })

  it('never gets a credential that was meant for another address', async () => {
    const { find } = await setup({ IKOMA_URL: 'https://env.example.org', IKOMA_TOKEN: 'env-token' }, 'prod')
    expect((await find({ url: 'https://elsewhere.example.org' })).credential).toBeNull()
  })

  it.each([
    'https://example.org/ikoma',
    'https://example.org/ikoma/',
    'https://example.org//',
    'https://example.org/?tenant=1',
    'https://example.org/#x',
    'https://user:hunter2@example.org',
  ])('is refused in words with more than a host: %s', async (url) => {
    for (const [env, options] of [
      [{}, { url }],
      [{ IKOMA_URL: url }, {}],
    ] as const) {
      const { find } = await setup(env)
      const error = await find(options).catch((caught: Error) => caught)
      expect(error).toMatchObject({ reason: 'url_not_root', message: expect.stringContaining('https://example.org.') })
      expect(String(error)).not.toContain('hunter2')
    }
  })

  it('is never something other than http', async () => {
    const { find } = await setup()
    await expect(find({ url: 'file:///etc/passwd' })).rejects.toThrow('--url')
    await expect(find({ context: 'nowhere' })).rejects.toThrow('prod')
  })
})
