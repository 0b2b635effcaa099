import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { contextsPath } from '../../contexts.ts'
import { ok, problem, startFakeApi } from '../../testing/fake-api.ts'
import { ownAuthority, tlsServer } from '../../testing/own-authority.ts'
import { createWorld } from '../../testing/world.ts'

const ci = { kind: 'token', actor: 'token:ci', role: 'operator', expiresAt: '2026-03-01T00:00:00.000Z' }
const admin = { kind: 'admin-key', actor: 'admin-key', role: 'admin', expiresAt: null }

async function setup() {
  const api = await startFakeApi()
  const world = createWorld({ env: { NO_COLOR: '1' }, stdin: 'iko_secret\n' })
  const add = (url: string, ...more: string[]) =>
    world.run('context', 'add', 'prod', '--url', url, '--token-file', '-', ...more)
  const kept = () => existsSync(contextsPath(world.io))
  return { ...world, api, add, kept }
}

describe('context add', () => {
  it('tries the credential, and says whose it is and what it may do', async () => {
    const { api, add, run } = await setup()
    api.on('GET /v1/caller', ok(ci), ok(admin), ok(ci))
    const token = await add(api.url)
    expect(token).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/the token "ci", role operator, until .*2026/),
    })
    expect(api.seen('GET /v1/caller')[0]?.headers.authorization).toBe('Bearer iko_secret')
    const key = await run('context', 'add', 'b', '--url', api.url, '--admin-key-file', '-', '--lang', 'fr')
    expect(key.stderr).toContain('Accepté : la clé d’administration, qui peut tout.')
    expect(JSON.parse((await add(api.url, '--json')).stdout)).toMatchObject({ name: 'prod', caller: ci })
  })

  it('keeps nothing that is refused, unless it is told not to try', async () => {
    const { api, add, kept } = await setup()
    api.on('GET /v1/caller', problem(401, 'admin_auth_required', 'Send the admin key.'))
    const refused = await add(api.url)
    expect(refused).toMatchObject({ code: 4, stdout: '' })
    expect(refused.stderr).toContain(`${api.url} does not accept this token: unknown, ended or revoked`)
    expect(refused.stderr).toContain('Nothing was kept. To keep it without trying it: --no-check')
    expect(refused.stderr).not.toContain('iko_secret')
    expect(kept()).toBe(false)
    expect(await add(api.url, '--no-check')).toMatchObject({ code: 0, stderr: expect.stringContaining('not tried') })
    expect(kept()).toBe(true)
  })

  it('keeps nothing that nobody answered for, and says why nobody did', async () => {
    const { add, kept } = await setup()
    const { code, stderr } = await add('http://127.0.0.1:1', '--lang', 'fr')
    expect(code).toBe(1)
    for (const part of ['rien n’y écoute (ECONNREFUSED)', 'Rien n’a été enregistré']) expect(stderr).toContain(part)
    expect(kept()).toBe(false)
  })

  it('takes a former version’s word, which knows no callers', async () => {
    const { api, add } = await setup()
    api.on('GET /v1/caller', problem(404, 'route_not_found', 'No such route.'))
    api.on('GET /v1/runners', ok({ items: [], next: null }))
    expect(await add(api.url)).toMatchObject({ code: 0, stderr: expect.stringContaining('Accepted: a token.') })
  })

  it('keeps the authority, so that later commands believe it without its file', async () => {
    const { add, run, io } = await setup()
    const authority = ownAuthority()
    const url = await tlsServer(authority.sign(), (request, response) => {
      const answer = request.url?.startsWith('/v1/caller') ? ci : { items: [], next: null }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
    expect((await add(url)).stderr).toContain('authority that is not known here')
    expect((await add(url, '--ca', authority.file)).code).toBe(0)
    expect(JSON.parse(readFileSync(contextsPath(io), 'utf8')).contexts.prod.ca).toContain('BEGIN CERTIFICATE')
    expect((await run('runner', 'list')).code).toBe(0)
    expect((await run('runner', 'list', '--url', url)).code).toBe(0)
    const shown = JSON.parse((await run('context', 'show', '--json')).stdout)
    expect(shown).toMatchObject({ url, ownAuthority: true })
    expect(shown.ca).toBeUndefined()
  })
})
