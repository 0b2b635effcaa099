import { describe, expect, test } from 'vitest'
import { catalogue } from './index.ts'
import { openedPayload, placedPayload, plainSecretsIn, secretsNamedIn } from './payload-secrets.ts'

const service = catalogue['service.systemd.apply']
const example = { ...service.example }
const withVariable = (value: unknown) => ({ ...example, environment: { API: value } })

describe('a payload with references', () => {
  test('is placed with its defaults and the references as they are', () => {
    const placed = placedPayload(service, withVariable({ secret: 'api' }))
    if (!placed.ok) throw new Error(JSON.stringify(placed.issues))
    expect(placed.secrets).toEqual(['api'])
    expect(placed.payload).toMatchObject({ restart: 'always', environment: { API: { secret: 'api' } } })
    expect(secretsNamedIn(service, placed.payload)).toEqual(['api'])
  })

  test('is opened with the values, and judged by the rules of its fields', () => {
    const { payload } = placed(withVariable({ secret: 'api' }))
    const opened = openedPayload(service, payload, new Map([['api', 'hunter2']]))
    expect(opened).toMatchObject({ ok: true, payload: { environment: { API: 'hunter2' } } })
    const long = openedPayload(service, payload, new Map([['api', 'x'.repeat(9000)]]))
    expect(long).toMatchObject({ ok: false, issues: [{ path: ['environment', 'API'] }] })
    expect(JSON.stringify(long)).not.toContain('xxx')
  })

  test('that was not opened is refused by name of the field', () => {
    const { payload } = placed(withVariable({ secret: 'api' }))
    expect(openedPayload(service, payload, new Map())).toMatchObject({
      ok: false,
      issues: [{ path: ['environment', 'API'] }],
    })
  })

  test.each([
    ['a command line', 'service.systemd.apply', { ...example, execStart: ['/bin/app', { secret: 'api' }] }],
    ['a command line', 'shell.run', { argv: ['/bin/echo', { secret: 'api' }] }],
    ['arguments', 'service.pm2.apply', pm2({ args: [{ secret: 'api' }] })],
    ['a name', 'service.systemd.apply', { ...example, name: { secret: 'api' } }],
    ['what everybody reads', 'service.systemd.apply', { ...example, description: { secret: 'api' } }],
    ['a path', 'service.systemd.apply', { ...example, workingDirectory: { secret: 'api' } }],
    ['a kind', 'service.systemd.apply', { ...example, restart: { secret: 'always' } }],
    ['a role', 'db.postgres.role.apply', { name: { secret: 'api' } }],
    ['an account', 'service.systemd.apply', { ...example, user: { secret: 'root' } }],
  ] as const)('cannot have one in place of %s of %s', (_, type, payload) => {
    const refused = placedPayload(catalogue[type], payload as never)
    expect(refused).toMatchObject({ ok: false })
    expect(JSON.stringify(refused)).toMatch(/cannot stand here|Invalid option/)
  })

  test.each([
    { secret: '' },
    { secret: 'a b' },
    { secret: '../x' },
    { secret: 7 },
    { secret: 'api', more: 1 },
    { Secret: 'api' },
    { secret: { secret: 'api' } },
    [{ secret: 'api' }],
  ])('cannot have %j', (value) => {
    expect(placedPayload(service, withVariable(value))).toMatchObject({ ok: false })
  })

  test.each([
    ['shell.run', { argv: ['/bin/true'], env: { A: { secret: 'api' } } }],
    ['check.http.run', { url: { secret: 'api' } }],
    ['db.postgres.query', { database: 'app', sql: { secret: 'api' }, runAs: 'reader' }],
    ['db.postgres.role.apply', { name: 'shop', password: { secret: 'api' } }],
    ['timer.systemd.apply', { ...catalogue['timer.systemd.apply'].example, environment: { A: { secret: 'api' } } }],
    ['service.pm2.apply', pm2({ environment: { A: { secret: 'api' } } })],
  ] as const)('may have one in the free text of %s', (type, payload) => {
    expect(placedPayload(catalogue[type], payload as never)).toMatchObject({ ok: true, secrets: ['api'] })
  })

  test('may have a name that the prototype has', () => {
    const { payload, secrets } = placed(withVariable({ secret: 'constructor' }))
    expect(secrets).toEqual(['constructor'])
    expect(openedPayload(service, payload, new Map())).toMatchObject({ ok: false })
  })
})

describe('plain text under a name that says secret', () => {
  const found = (environment: Record<string, unknown>) => plainSecretsIn(service, { ...example, environment })

  test('is found, wherever it is', () => {
    expect(found({ DB_PASSWORD: 'x', PORT: '80' })).toEqual([['environment', 'DB_PASSWORD']])
    const pm2s = plainSecretsIn(catalogue['service.pm2.apply'], pm2({ environment: { API_KEY: 'abc' } }) as never)
    expect(pm2s).toEqual([['processes', 0, 'environment', 'API_KEY']])
  })

  test('is found in the password of a role', () => {
    const role = catalogue['db.postgres.role.apply']
    expect(plainSecretsIn(role, { name: 'shop', password: 'correct horse' })).toEqual([['password']])
  })

  test('is not what refers to a secret, says that it is plain, is a switch, or names a file', () => {
    expect(
      found({
        A_PASSWORD: { secret: 'a' },
        B_PASSWORD: { plain: 'nothing to hide' },
        C_PASSWORD: '',
        D_PASSWORD: 'true',
        DB_PASSWORD_FILE: '/run/secrets/db',
      }),
    ).toEqual([])
  })

  test('that says it is plain is text in the end', () => {
    const { payload } = placed(withVariable({ plain: 'nothing to hide' }))
    expect(payload).toMatchObject({ environment: { API: { plain: 'nothing to hide' } } })
    const opened = openedPayload(service, payload, new Map())
    expect(opened).toMatchObject({ payload: { environment: { API: 'nothing to hide' } } })
  })
})

function placed(payload: Record<string, unknown>) {
  const told = placedPayload(service, payload)
  if (!told.ok) throw new Error(JSON.stringify(told.issues))
  return told
}

function pm2(process: Record<string, unknown>) {
  const { user, processes } = catalogue['service.pm2.apply'].example
  return { user, processes: processes.map((each) => ({ ...each, ...process })) }
}
