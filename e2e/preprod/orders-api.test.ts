import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProcess } from '../kit/process.ts'
import { until } from '../kit/until.ts'
import { tell } from '../vps/tell.ts'
import { missingHere } from './missing.ts'
import { cloneRepository } from './sources.ts'
import { openStack, type Stack } from './stack.ts'

// Document 2, IKOMA Orders API: its installation by Docker, its commands in its order, typed in a clone. Its images are
// node:24 and postgres:17, which cannot be pulled here: a Debian with this machine's Node and PostgreSQL 15 stand in.
/** With characters that a shell, an address, SQL and a configuration file each read in their own way. */
const secrets = { key: '5f#$kT9/w:2"Q%!vB8@hZr6+nXc4&yLd', password: 'Kx7!@#$/:%vQ9"zW2mT4pR+' }
/** As the document's curl has it. */
const documentKey = 'super-secret-admin-key'

const missing = missingHere()

describe.skipIf(missing !== null)('document 2, on a Docker engine', { timeout: 420_000 }, () => {
  let stack: Stack
  const admin = () => `-H 'x-ikoma-admin-key: ${secrets.key}'`
  const healthy = () =>
    until(
      'the API to be healthy',
      async () => (await stack.see('docker-compose ps')).match(/_api_1 .*Up \(healthy\)/) !== null,
      90_000,
    )
  const runners = () => stack.see(`curl -sS http://localhost:3000/v1/runners ${admin()}`)
  const audit = async () =>
    JSON.parse(await stack.see(`curl -sS http://localhost:3000/v1/audit/verify ${admin()}`)) as { ok: boolean }
  const inspect = (service: string, format: string) =>
    stack.see(`docker inspect -f '${format}' $(docker-compose ps -q ${service})`)

  beforeAll(async () => {
    tell('no image can be pulled here: Debian’s Node and PostgreSQL stand in, by BASE_IMAGE and POSTGRES_IMAGE')
    stack = await openStack({ standIns: ['node', 'postgres'], envFile: '.env', clone: cloneRepository })
  }, 600_000)
  afterAll(async () => {
    await stack?.close()
  }, 120_000)

  test('without .env, or with the example as it is, compose says what to give, and starts nothing', async () => {
    const refused = async () => {
      const { code, stderr } = await stack.line('docker-compose up -d')
      expect(code).not.toBe(0)
      expect(await stack.see('docker ps -aq; docker volume ls -q')).toBe('')
      return stderr
    }
    expect(await refused()).toMatch(/IKOMA_ADMIN_KEY is not set: give it in \.env \/ donnez-la dans \.env/)
    await stack.see('cp .env.example .env')
    expect(await refused()).toMatch(/IKOMA_ADMIN_KEY is not set: give it in \.env/)
    stack.set({ IKOMA_ADMIN_KEY: documentKey })
    expect(await refused()).toMatch(/POSTGRES_PASSWORD is not set: give it in \.env \/ donnez-le dans \.env/)
  })

  test('docker-compose up -d; the key that the document shows to everybody is refused in words', async () => {
    stack.set({ POSTGRES_PASSWORD: secrets.password })
    const since = performance.now()
    await stack.see('docker-compose up -d', { timeoutSec: 400 })
    tell(`docker-compose up -d, with the build of the image (${((performance.now() - since) / 1000).toFixed(0)} s)`)
    const said = await until('the API to say why', async () => {
      const text = await stack.see('docker-compose logs api')
      return /IKOMA_ADMIN_KEY/.test(text) && text
    })
    expect(said).toContain('Production needs at least 24 random characters: openssl rand -hex 32')
    expect(said).not.toContain(documentKey)
    expect((await stack.line('curl -sS http://localhost:3000/readyz')).code).not.toBe(0)
  })

  test('with a key of our own it answers, and every curl of the document is answered as it says', async () => {
    stack.set({ IKOMA_ADMIN_KEY: secrets.key })
    await stack.see('docker-compose up -d')
    await healthy()
    const made = JSON.parse(
      await stack.see(`curl -sS -X POST http://localhost:3000/v1/runners \\
  -H 'x-ikoma-admin-key: ${secrets.key}' \\
  -H "Content-Type: application/json" \\
  -d '{"name": "Runner-01", "scopes": ["platform.caddy"]}'`),
    ) as { id: string; token: string }
    expect(made).toMatchObject({ name: 'Runner-01', scopes: ['platform.caddy'], id: expect.any(String) })
    const beat = await stack.see(`curl -sS -X POST http://localhost:3000/v1/runner/heartbeat \\
  -H "x-runner-id: ${made.id}" \\
  -H "x-runner-token: ${made.token}" \\
  -H "Content-Type: application/json" \\
  -d '{"status": "ONLINE"}'`)
    expect(JSON.parse(beat)).toMatchObject({ ok: true })
    expect(await runners()).toMatch(/"name":"Runner-01".*"status":"ONLINE"|"status":"ONLINE".*"name":"Runner-01"/)
  })

  test('every endpoint of its list', async () => {
    const env = { BASE: 'http://localhost:3000', ADMIN_KEY: secrets.key }
    expect(await stack.see('bash e2e/documents/2-orders-api.sh', { env })).toMatch(/^PASSED: document 2/m)
  })

  test('only port 3000 is published, on this machine alone; the database has no port and no way out', async () => {
    const rows = (await stack.see("docker ps --format '{{.Names}} {{.Ports}}'")).trim().split('\n').toSorted()
    expect(rows).toEqual([expect.stringMatching(/^ikoma_api_1 127\.0\.0\.1:3000->3000\/tcp$/), expect.any(String)])
    expect(rows[1]).toMatch(/^ikoma_database_1 *(5432\/tcp)?$/)
    const listening = await stack.see('ss -Hltn')
    expect([...listening.matchAll(/(\S+):\d+ +\S+ *$/gm)]).toHaveLength(1)
    expect(listening).toMatch(/127\.0\.0\.1:3000/)
    const reach = (host: string, port: number) => stack.line(`timeout 5 bash -c '</dev/tcp/${host}/${port}'`)
    for (const [host, port] of [
      [stack.network.inside, 3000],
      ['127.0.0.1', 5432],
      [stack.network.inside, 5432],
    ] as const)
      expect((await reach(host, port)).code, `${host}:${port}`).not.toBe(0)
    expect(await stack.see('docker network inspect -f "{{.Internal}}" ikoma_data ikoma_front')).toBe('true\nfalse\n')
    const out = `timeout 5 bash -c '</dev/tcp/${stack.network.outside}/${new URL(stack.registry).port}'`
    expect((await stack.line(`docker-compose exec -T api ${out}`)).code).toBe(0)
    expect((await stack.line(`docker-compose exec -T database ${out}`)).code).not.toBe(0)
  })

  test('both run without root, without a right, on files that they cannot change, within bounds', async () => {
    const host = ['ReadonlyRootfs', 'CapDrop', 'SecurityOpt', 'Privileged', 'Memory', 'NanoCpus', 'PidsLimit']
    const how = host.map((name) => `{{.HostConfig.${name}}}`).join(' ')
    const confined = 'true [ALL] [no-new-privileges:true] false'
    expect(await inspect('api', how)).toBe(`${confined} ${1536 * 2 ** 20} 1000000000 128\n`)
    expect(await inspect('database', how)).toBe(`${confined} ${2 ** 30} 1000000000 256\n`)
    expect(await stack.see('docker-compose exec -T api id -u')).toBe('10001\n')
    expect(await stack.see('docker-compose exec -T database id -un')).toBe('postgres\n')
    for (const service of ['api', 'database']) {
      const status = await stack.see(`docker-compose exec -T ${service} cat /proc/1/status`)
      expect(status).toMatch(/^Uid:\s+[1-9]/m)
      expect(status).toMatch(/^CapEff:\s+0+$/m)
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
      const written = await stack.line(`docker-compose exec -T ${service} sh -c 'touch /opt/new /usr/bin/new /etc/new'`)
      expect(written.stdout + written.stderr).toMatch(/(Read-only file system[\s\S]*){3}/)
    }
  })

  test('the image is the bundle: its version, SIGTERM, a health check, and nothing to develop with', async () => {
    const version = (await stack.see('docker-compose exec -T api ikoma --version')).trim()
    const label = await inspect(
      'api',
      '{{index .Config.Labels "org.opencontainers.image.version"}} {{.Config.StopSignal}}',
    )
    expect(version).toContain(label.split(' ')[0])
    expect(label).toMatch(/^\d+\.\d+\.\d+ SIGTERM\n$/)
    expect(await inspect('api', '{{.Config.Healthcheck.Test}}')).toContain('/readyz')
    expect(await stack.see('docker-compose exec -T api ls /opt/ikoma')).toBe('LICENSE\ndist\n')
    expect(await stack.see('docker-compose exec -T api find /opt /src /app -name node_modules 2>&1 || true')).toMatch(
      /^(find: .(\/src|\/app).: No such file or directory\s+){2}$/,
    )
    expect(await stack.see('docker-compose exec -T api ikoma runner list')).toContain('Runner-01')
  })

  test('docker-compose restart drains, and the data is there', async () => {
    await stack.see('docker-compose restart', { timeoutSec: 180 })
    await healthy()
    expect(await stack.see('docker-compose logs api')).toMatch(/"why":"SIGTERM"/)
    expect(await runners()).toContain('Runner-01')
    await stack.see('docker-compose stop', { timeoutSec: 180 })
    const exits = await stack.see("docker inspect -f '{{.State.ExitCode}}' $(docker-compose ps -q)")
    expect(exits).toBe('0\n0\n')
    await stack.see('docker-compose start')
    await healthy()
    expect(await audit()).toMatchObject({ ok: true })
  })

  test('the Caddyfile of the document in front: the API answers by its name, and metrics do not', async () => {
    stack.set({ TRUST_PROXY: 'uniquelocal', IKOMA_PUBLIC_RATE_LIMIT: '5' })
    await stack.see('docker-compose up -d', { timeoutSec: 180 })
    await healthy()
    await stack.see('caddy validate --adapter caddyfile --config deploy/docker/Caddyfile')
    // Of the certificate, which the internet's authorities give, there is none here.
    await stack.see("sed 's/^api.ikomadigit.com/http:&/; s#http:#http://#' deploy/docker/Caddyfile > Caddyfile.here")
    const argv = [
      ...stack.network.enter,
      'caddy',
      'run',
      '--adapter',
      'caddyfile',
      '--config',
      'Caddyfile.here',
    ] as const
    const env = { PATH: process.env.PATH ?? '', HOME: join(stack.folder, '..') }
    const caddy = startProcess({ argv, cwd: stack.folder, env })
    try {
      await caddy.said(/serving initial configuration/)
      const ask = (path: string, more = '') =>
        stack.see(`curl -sS --resolve api.ikomadigit.com:80:127.0.0.1 http://api.ikomadigit.com${path} ${more}`)
      expect(await ask('/v1/runners', admin())).toContain('Runner-01')
      expect(await ask('/metrics', '-o /dev/null -w "%{http_code}"')).toBe('404')
      // Whom the proxy names is who asks: one who asked too much is refused, and another is not.
      const from = (address: string, times: number) =>
        stack.see(
          `for i in $(seq ${times}); do curl -sS -o /dev/null -w '%{http_code} ' -H 'X-Forwarded-For: ${address}' http://localhost:3000/openapi.json; done`,
        )
      expect(await from('203.0.113.7', 8)).toMatch(/^(200 ){5}(429 ){3}$/)
      expect(await from('203.0.113.8', 1)).toBe('200 ')
      expect(await ask('/openapi.json', '-o /dev/null -w "%{http_code}"')).toBe('200')
    } finally {
      await caddy.end('SIGTERM')
    }
  })

  test('the copies of docs/operating/docker.md, all volumes gone, and everything back from the copies', async () => {
    await stack.see('docker-compose exec -T database pg_dump -U ikoma -Fc ikoma > ../ikoma.dump')
    await stack.see('docker-compose exec -T api tar -C /var/lib -c ikoma-keys > ../ikoma-keys.tar')
    await stack.see('docker-compose down -v', { timeoutSec: 180 })
    await stack.see('docker-compose up -d database')
    await stack.see(
      "docker-compose exec -T database sh -c 'until pg_isready -qh 127.0.0.1; do sleep 1; done; pg_restore -U ikoma -d ikoma --exit-on-error' < ../ikoma.dump",
    )
    await stack.see('docker-compose run -T --rm --no-deps --entrypoint tar api -C /var/lib -x < ../ikoma-keys.tar')
    await stack.see('docker-compose up -d', { timeoutSec: 180 })
    await healthy()
    expect(await runners()).toContain('Runner-01')
    expect(await audit()).toMatchObject({ ok: true })
  })

  test('no secret is in what containers say, nor in the image', async () => {
    const said = await stack.see('docker-compose logs; docker history --no-trunc ikoma:local')
    for (const secret of Object.values(secrets)) expect(said).not.toContain(secret)
  })

  test('down leaves nothing but the volumes, from which up goes on; down -v leaves nothing', async () => {
    await stack.see('docker-compose down', { timeoutSec: 180 })
    expect(await stack.see('docker ps -aq; docker network ls -q --filter type=custom')).toBe('')
    const volumes = ['ikoma_data', 'ikoma_database', 'ikoma_keys']
    expect((await stack.see('docker volume ls -q')).trim().split('\n').toSorted()).toEqual(volumes)
    await stack.see('docker-compose up -d', { timeoutSec: 180 })
    await healthy()
    expect(await runners()).toContain('Runner-01')
    await stack.see('docker-compose down -v --rmi all', { timeoutSec: 180 })
    const left = 'docker ps -aq; docker volume ls -q; docker network ls -q --filter type=custom; docker images -q ikoma'
    expect(await stack.see(left)).toBe('')
    expect(await stack.see('git status --porcelain')).toBe('?? Caddyfile.here\n')
  })
})

test.runIf(missing !== null)('says what it is missing here', () => {
  if (process.env.IKOMA_PREPROD !== 'if-possible') throw new Error(`${missing}`)
})
