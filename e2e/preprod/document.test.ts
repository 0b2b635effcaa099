import { copyFileSync, cpSync, existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../kit/until.ts'
import { startAuthority } from '../vps/acme.ts'
import { run } from '../vps/program.ts'
import { missingHere } from './missing.ts'
import { copyBlingauto } from './sources.ts'
import { openStack, type Stack, watch } from './stack.ts'

// The commands are those of the document, in its order, typed in the app's folder.
const http = 'docker-compose -f docker-compose.preprod.yml --env-file .env.preprod.local'
const https = 'docker-compose -f docker-compose.preprod-letsencrypt.yml'
const deploy = './scripts/deploy-preprod.sh'
/** With characters that a shell, an address, SQL and a configuration file each read in their own way. */
const passwords = {
  postgres: 'Kx7!@#$/:%vQ9"zW2mT4pR+',
  redis: 'Zr4!@#$/:%kP"8w&c6yLdN1',
  admin: 'Quartz7Lantern!Meadow',
}
const json = "-H 'Content-Type: application/json'"

const missing = missingHere()

describe.skipIf(missing !== null)('document 3, on a Docker engine', { timeout: 420_000 }, () => {
  let stack: Stack
  let authority: Awaited<ReturnType<typeof startAuthority>>
  let token = ''
  const login = async (origin = 'http://localhost') => {
    const body = JSON.stringify({ email: 'admin@preprod.blingauto.com', password: passwords.admin })
    const answer = await stack.see(`curl -sS -X POST ${origin}/api/v1/auth/login ${json} -d '${body}'`)
    return (JSON.parse(answer) as { access_token: string }).access_token
  }
  const bays = async (origin = 'http://localhost') => {
    const answer = await stack.see(`curl -sS ${origin}/api/v1/facilities/wash-bays -H "Authorization: Bearer ${token}"`)
    return [...answer.matchAll(/"bay_number":"([^"]+)"/g)].map(([, number]) => number)
  }
  const startedAt = () => stack.see("docker inspect --format '{{.Name}} {{.State.StartedAt}}' $(docker ps -q) | sort")
  const healthy = () =>
    until(
      'the API to be healthy',
      async () => (await stack.line('curl -fsS http://localhost/health')).code === 0,
      90_000,
    )
  const query = (statement: string, database = 'blingauto_preprod') =>
    stack.see(`${http} exec -T postgres psql -U blingauto_preprod -d ${database} -Atc "${statement}"`)

  beforeAll(async () => {
    stack = await openStack({
      standIns: ['postgres', 'redis', 'nginx', 'certbot', 'node'],
      envFile: '.env.preprod.local',
      clone: copyBlingauto,
    })
  }, 600_000)
  afterAll(async () => {
    await authority?.close()
    await stack?.close()
  }, 120_000)

  test('both compose files are accepted, with the environment and, as the document calls certbot, without', async () => {
    await stack.see('cp .env.preprod .env.preprod.local')
    const config = await stack.see(`${http} config`)
    expect(config).not.toMatch(/5432:|6379:|8000:/)
    await stack.see(`${https} config -q`)
  })

  test('a configuration that nobody changed is refused by name, in French where the shell is, and starts nothing', async () => {
    const { code, stderr } = await stack.line(deploy, { env: { LC_ALL: '', LANG: 'fr_FR.UTF-8' } })
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(
        /Refusé, rien n'a été touché.*SECRET_KEY POSTGRES_PASSWORD REDIS_PASSWORD INITIAL_ADMIN_EMAIL INITIAL_ADMIN_PASSWORD/,
      ),
    ])
    expect(await stack.see('docker ps -aq')).toBe('')
  })

  test('an unknown command is 2, help is 0, and a second run at the same time is 75', async () => {
    expect((await stack.line(`${deploy} upgrade`)).code).toBe(2)
    expect(await stack.see(`${deploy} --help`)).toContain('rollback --with-database')
    expect((await stack.line(`mkdir -p .preprod; flock .preprod/lock ${deploy} backup`)).code).toBe(75)
    expect((await stack.line('./scripts/setup-letsencrypt.sh preprod.blingauto.com')).code).toBe(2)
    expect((await stack.line('./scripts/setup-letsencrypt.sh "a b;id" admin@blingauto.com')).code).toBe(2)
  })

  test('weak values are refused by name by the app itself, and nothing starts', async () => {
    const key = (await stack.see('python3 -c "import secrets; print(secrets.token_urlsafe(64))"')).trim()
    stack.set({ SECRET_KEY: key, INITIAL_ADMIN_EMAIL: 'admin@preprod.blingauto.com' })
    stack.set({
      POSTGRES_PASSWORD: 'Kx7vQ9zW2mT4pR',
      REDIS_PASSWORD: 'MonMotDePasseSecret2025!',
      INITIAL_ADMIN_PASSWORD: 'Admin2024!',
    })
    const { code, stdout, stderr } = await stack.line(deploy, { timeoutSec: 400 })
    const said = stdout + stderr
    expect([code, said.slice(-3_000)]).toEqual([4, expect.stringContaining('POSTGRES_PASSWORD must have at least 20')])
    expect(said).toContain('REDIS_PASSWORD has a value that anybody could guess')
    expect(said).toContain('INITIAL_ADMIN_PASSWORD')
    expect(said).not.toMatch(/Kx7vQ9zW2mT4pR|MonMotDePasse|Admin2024/)
    expect(await stack.see('docker ps -q')).toBe('')
    const byHand = await stack.line(`${http} up -d`)
    expect(byHand.code).not.toBe(0)
    expect(await stack.see('docker ps -q')).toBe('')
  })

  test('deployed by the script, with passwords of any characters: health has the shape of the document', async () => {
    stack.set({
      POSTGRES_PASSWORD: passwords.postgres,
      REDIS_PASSWORD: passwords.redis,
      INITIAL_ADMIN_PASSWORD: passwords.admin,
    })
    await stack.see('chmod +x scripts/deploy-preprod.sh')
    const said = await stack.see(deploy, { timeoutSec: 400 })
    for (const part of ['Prerequisites', 'Build', 'Start', 'Health', 'http://localhost/docs'])
      expect(said).toContain(part)
    expect(JSON.parse(await stack.see('curl -sS http://localhost/health'))).toEqual({
      status: 'healthy',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      version: '1.0.0',
      checks: {
        database: { status: 'healthy' },
        redis: { status: 'healthy' },
        system: { status: 'healthy', cpu_percent: expect.any(Number) },
      },
    })
    expect(await stack.see('curl -sS http://localhost/docs -L -o /dev/null -w "%{http_code}"')).toBe('200')
    expect(await stack.see('curl -sS http://localhost/openapi.json')).toContain('/api/v1/facilities/wash-bays')
  })

  test('containers have the names of the document, nginx alone is published, and the data network has no way out', async () => {
    const rows = (await stack.see("docker ps --format '{{.Names}} {{.Ports}}'")).trim().split('\n').toSorted()
    expect(rows.map((row) => row.split(' ')[0])).toEqual(
      ['api', 'nginx', 'postgres', 'redis'].map((name) => `blingauto-${name}-preprod`),
    )
    expect(rows.filter((row) => row.includes('->')).map((row) => row.split(' ')[0])).toEqual([
      'blingauto-nginx-preprod',
    ])
    expect(await stack.see("docker network inspect -f '{{.Internal}}' blingauto_data blingauto_front")).toBe(
      'true\nfalse\n',
    )
    expect((await stack.line(`${http} exec -T nginx getent hosts postgres`)).code).not.toBe(0)
    expect(await stack.see('docker inspect -f "{{.Config.User}}" blingauto-api-preprod')).toBe('blingauto\n')
    expect((await stack.see('docker top blingauto-api-preprod -o pid')).trim().split('\n')).toHaveLength(6)
    expect(await query('select count(*) from identity_accounts')).toBe('1\n')
  })

  test('the admin signs in and makes the wash bay of the document', async () => {
    token = await login()
    const bay = `curl -sS -X POST http://localhost/api/v1/facilities/wash-bays -H "Authorization: Bearer ${token}" ${json} -d '{"bay_number":"BAY-001","max_vehicle_size":"LARGE"}'`
    expect(JSON.parse(await stack.see(bay))).toMatchObject({ bay_number: 'BAY-001' })
    expect(await bays()).toEqual(['BAY-001'])
  })

  test('status, logs and health', async () => {
    expect(await stack.see(`${deploy} status`)).toMatch(/blingauto-api-preprod .*Up \(healthy\)/)
    expect(await stack.see(`${deploy} logs api`)).toContain('"msg":"worker listens"')
    expect(await stack.see(`${deploy} health`)).toContain('"status":"healthy"')
    for (const service of ['', 'api', 'nginx', 'postgres'])
      expect(await stack.see(`${http} logs --tail=100 ${service}`)).toContain('blingauto-')
    await watch(
      stack,
      ['docker', '--host', stack.docker.host, 'logs', '-f', 'blingauto-api-preprod'],
      /"msg":"request"/,
    )
    expect(await stack.see(`${http} exec -T nginx tail -n 3 /var/log/nginx/access.log`)).toContain('"GET /')
    await stack.see(`${http} exec -T nginx tail /var/log/nginx/error.log`)
    expect(readFileSync(join(stack.folder, 'logs/api.log'), 'utf8')).toContain('"msg":"request"')
    expect(await stack.see('docker stats --no-stream')).toContain('blingauto-api-preprod')
    expect(await stack.see(`${http} exec -T nginx wget -O- http://api:8000/health`)).toContain('healthy')
  })

  test('no password is in what containers say', async () => {
    const said = await stack.see(`${http} logs`)
    for (const password of Object.values(passwords)) expect(said).not.toContain(password)
  })

  test('PostgreSQL and Redis by the commands of the document', async () => {
    expect(await stack.see(`${http} exec -T postgres pg_isready`)).toContain('accepting connections')
    expect(
      await stack.see(`${http} exec -T postgres psql -U blingauto_preprod -d blingauto_preprod -c "\\dt"`),
    ).toContain('wash_bays')
    const redis = `${http} exec -T redis redis-cli -a '${passwords.redis}'`
    expect(await stack.see(`${redis} PING`)).toBe('PONG\n')
    expect(await stack.see(`${redis} KEYS '*'`)).toContain('limit:')
    expect(await stack.see(`${redis} INFO`)).toContain('redis_version:7')
    expect(await stack.see(`${redis} FLUSHALL`)).toBe('OK\n')
    expect(await stack.see(`${http} exec -T redis redis-cli PING`)).toContain('NOAUTH')
    expect(await stack.see('curl -sS http://localhost/health')).toContain('"status":"healthy"')
  })

  test('migrations by the words of Alembic: down one, up again, and what it does not know is 2', async () => {
    const alembic = (line: string) => stack.see(`${http} exec -T api alembic ${line}`)
    expect(await alembic('current')).toMatch(/^The database is at: \d{17}_[a-z-]+\n$/)
    const history = (await alembic('history')).trim().split('\n')
    const last = history.at(-1)?.split(' ')[0]
    expect(await alembic('downgrade -1')).toContain(`Took back ${last}`)
    expect(await alembic('current')).toContain(`To be applied: ${last}`)
    expect(await alembic('upgrade head')).toContain(`Applied ${last}`)
    expect(await alembic('upgrade +1')).toBe('Nothing to do.\n')
    const { code, stderr } = await stack.line(`${http} exec -T api alembic revision --autogenerate`)
    expect([code, stderr]).toEqual([2, expect.stringContaining('alembic: say current, history')])
  })

  test('a backup is proven by restoring it; a suspect one is not; old ones go, but never the last proven one', async () => {
    expect(await stack.see(`${deploy} backup`)).toMatch(/Proven: backups\/blingauto_preprod_\w+\.dump \(\d+ rows\)/)
    const file = (await stack.see('ls backups/*.dump')).trim()
    const proof = readFileSync(join(stack.folder, file.replace('.dump', '.proof')), 'utf8')
    expect(proof).toMatch(/^sha256 [0-9a-f]{64}\nrows \d+\n/)
    expect(proof).toContain('public.wash_bays 1')
    const [lastWeek, now] = [Date.now() / 1000 - 9 * 86_400, Date.now() / 1000]
    utimesSync(join(stack.folder, file), lastWeek, lastWeek)
    writeFileSync(join(stack.folder, file.replace('.dump', '.proof')), proof.replace(/rows \d+/, 'rows 100000'))
    const suspect = await stack.line(`${deploy} backup`)
    expect([suspect.code, suspect.stderr]).toEqual([6, expect.stringContaining('suspect, not proven')])
    expect(existsSync(join(stack.folder, file))).toBe(true)
    writeFileSync(join(stack.folder, file.replace('.dump', '.proof')), proof)
    await stack.see(`sleep 1; ${deploy} backup`)
    expect(existsSync(join(stack.folder, file))).toBe(false)
    const rest = (await stack.see('ls -t backups/*.proof')).trim().split('\n')
    expect(rest).toHaveLength(1)
    const [only = ''] = rest
    utimesSync(join(stack.folder, only.replace('.proof', '.dump')), now, now)
    expect((await query('select count(*) from pg_database', 'postgres')).trim()).toBe('4')
  })

  test('a wrong .env.preprod.local stops nothing that runs, by the script and by compose alone', async () => {
    copyFileSync(join(stack.folder, '.env.preprod.local'), join(stack.folder, '.env.good'))
    const before = await startedAt()
    stack.set({ REDIS_PASSWORD: 'short' })
    const refused = await stack.line(`${deploy} restart`)
    expect([refused.code, refused.stdout + refused.stderr]).toEqual([
      4,
      expect.stringContaining('REDIS_PASSWORD must have at least 20'),
    ])
    expect((await stack.line(`${http} up -d`)).code).not.toBe(0)
    expect(await startedAt()).toBe(before)
    await stack.see('mv .env.good .env.preprod.local')
    await stack.see(`${deploy} start`)
    expect(await bays()).toEqual(['BAY-001'])
  })

  test('one of four workers killed with -9: the others answer, and it is started again', async () => {
    const workers = async () => {
      const rows = (await stack.see('docker top blingauto-api-preprod -o pid,ppid,args')).trim().split('\n').slice(1)
      const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number))
      const above = pairs.find(([, ppid]) => !pairs.some(([pid]) => pid === ppid))?.[0]
      return pairs.filter(([, ppid]) => ppid === above).map(([pid]) => pid ?? 0)
    }
    const [first = 0, ...others] = await workers()
    expect(others).toHaveLength(3)
    const asking = stack.see(
      'for i in $(seq 40); do curl -s -o /dev/null -w "%{http_code} " http://localhost/health; sleep 0.15; done',
    )
    process.kill(first, 'SIGKILL')
    const codes = (await asking).trim().split(' ')
    expect(codes.filter((code) => code !== '200').length).toBeLessThanOrEqual(1)
    const now = await until('four workers', async () => {
      const all = await workers()
      return all.length === 4 && all
    })
    expect(now).not.toContain(first)
    expect(others.every((pid) => now.includes(pid))).toBe(true)
  })

  test('too many requests of one address are 429, sign-ins sooner, and metrics are not there from outside', async () => {
    const codes = await stack.see(
      'for i in $(seq 45); do echo "url = http://localhost/health"; echo "output = /dev/null"; done > many; curl -sS -w "%{http_code} " -K many',
    )
    expect(codes.trim().split(' ').toSorted()).toEqual(expect.arrayContaining(['200', '429']))
    // The limit of all requests together is over by then: what is refused now is too much signing in.
    const many = await stack.see(
      `sleep 3; for i in $(seq 12); do curl -sS -X POST http://localhost/api/v1/auth/login/ ${json} -d '{"email":"nobody@example.org","password":"x"}' -w " %{http_code}\\n"; done`,
    )
    expect(many).toMatch(/"code":"RATE_LIMIT_EXCEEDED".* 429\n$/)
    for (const path of ['metrics', 'metrics/', '%6detrics', '/metrics'])
      expect(await stack.see(`curl -sS -o /dev/null -w "%{http_code}" http://localhost/${path}; sleep 0.2`)).toBe('404')
    const large = await stack.see(
      `head -c 21000000 /dev/zero > large; curl -sS -X POST http://localhost/api/v1/auth/login ${json} --data-binary @large -o /dev/null -w "%{http_code}"; rm large`,
    )
    expect(large).toBe('413')
  })

  test('a certificate for the name, HTTPS with HSTS, and HTTP leads there', async () => {
    const { outside: gateway, inside: address } = stack.network
    authority = await startAuthority({ gateway, address })
    cpSync(authority.certificate, join(stack.folder, 'certbot/conf/acme-ca.pem'))
    writeFileSync(join(stack.folder, 'root.pem'), authority.root)
    const home = (await stack.see('echo $HOME')).trim()
    // Where the name is, and whom to trust: on the document's server the internet says so.
    const trust = `cacert = "${join(stack.folder, 'root.pem')}"\nresolve = "preprod.blingauto.com:443:127.0.0.1"\n`
    writeFileSync(join(home, '.curlrc'), trust)
    const env = { ACME_SERVER: `https://${gateway}:${authority.port}/dir` }
    await stack.see('chmod +x scripts/setup-letsencrypt.sh')
    await stack.see('./scripts/setup-letsencrypt.sh preprod.blingauto.com admin@blingauto.com 1', { env })
    await until('HTTPS', async () => (await stack.line('curl -fsS https://preprod.blingauto.com/health')).code === 0)
    const answer = await stack.see('curl -sSi https://preprod.blingauto.com/health')
    expect(answer).toMatch(/strict-transport-security: max-age=31536000\r?\n/i)
    expect(answer.match(/strict-transport-security/gi)).toHaveLength(1)
    expect(await stack.see('curl -sSi http://localhost/docs')).toMatch(/301[\s\S]*Location: https:\/\/localhost\/docs/i)
    await stack.see(`${https} --env-file .env.preprod.local up -d`)
    expect(await stack.see('docker ps')).toContain('blingauto-certbot-preprod')
  })

  test('its renewal is tried, forced, and served without a restart', async () => {
    const serial = () =>
      stack.see('openssl s_client -connect 127.0.0.1:443 </dev/null 2>/dev/null | openssl x509 -noout -serial')
    const before = await serial()
    const started = await startedAt()
    expect(await stack.see(`${https} run --rm certbot renew --dry-run`)).toContain('all simulated renewals succeeded')
    expect(await stack.see(`${https} run --rm certbot renew --force-renewal`)).toContain('all renewals succeeded')
    await until('nginx to serve the new one', async () => (await serial()) !== before)
    expect(await stack.see(`${https} run --rm certbot certificates`)).toContain('Domains: preprod.blingauto.com')
    expect(await startedAt()).toBe(started)
    expect(await stack.see('docker logs blingauto-certbot-preprod 2>&1')).not.toMatch(/failed/)
  })

  test('the update by hand keeps HTTPS and the data', async () => {
    await stack.see(`${http} down`)
    await stack.see(`${http} build`, { timeoutSec: 300 })
    await stack.see(`${http} up -d`, { timeoutSec: 300 })
    await until('HTTPS', async () => (await stack.line('curl -fsS https://preprod.blingauto.com/health')).code === 0)
    token = await login('https://preprod.blingauto.com')
    expect(await bays('https://preprod.blingauto.com')).toEqual(['BAY-001'])
    expect(await query('select count(*) from identity_accounts')).toBe('1\n')
  })

  test('an update by the script, and back: refused where data would be lost, the rest with what was there', async () => {
    const migration = join(stack.folder, 'migrations/29991231000000000_notes.sql')
    const text = '-- Up Migration\ncreate table notes (id integer primary key);\n-- Down Migration\ndrop table notes;\n'
    writeFileSync(migration, text)
    const former = await stack.see('docker inspect -f "{{.Image}}" blingauto-api-preprod')
    expect(await stack.see(deploy, { timeoutSec: 400 })).toContain('Proven: backups/')
    expect(await stack.see('docker inspect -f "{{.Image}}" blingauto-api-preprod')).not.toBe(former)
    await query('insert into notes values (7)')
    const refused = await stack.line(`${deploy} rollback`, { timeoutSec: 300 })
    expect([refused.code, refused.stdout + refused.stderr]).toEqual([
      7,
      expect.stringContaining('would be lost: table notes'),
    ])
    expect(await query('select id from notes')).toBe('7\n')
    await healthy()
    const back = await stack.see(`${deploy} rollback --with-database`, { timeoutSec: 300 })
    const aside = /stays as (\w+)/.exec(back)?.[1] ?? ''
    expect(await stack.see('docker inspect -f "{{.Image}}" blingauto-api-preprod')).toBe(former)
    expect(await query('select id from notes', aside)).toBe('7\n')
    expect(await query("select to_regclass('notes') is null")).toBe('t\n')
    expect(await bays('https://preprod.blingauto.com')).toEqual(['BAY-001'])
    expect((await stack.line(`${deploy} rollback`)).code).toBe(7)
  })

  test('a way back that loses nothing is taken without the backup', async () => {
    await stack.see(deploy, { timeoutSec: 400 })
    expect(await query("select to_regclass('notes') is null")).toBe('f\n')
    expect(await stack.see(`${deploy} rollback`, { timeoutSec: 300 })).toContain('Took back 29991231000000000_notes')
    expect(await stack.see('curl -fsS https://preprod.blingauto.com/health')).toContain('"status":"healthy"')
  })

  test('stop, start and restart keep the data', async () => {
    await stack.see(`${deploy} stop`)
    expect(await stack.see("docker ps -q --filter 'name=blingauto-(api|nginx|postgres|redis)-preprod'")).toBe('')
    await stack.see(`${deploy} start`)
    await stack.see(`${deploy} restart`)
    await stack.see(`${http} restart api`)
    await healthy()
    expect(await bays('https://preprod.blingauto.com')).toEqual(['BAY-001'])
  })

  test('a backup of SQL as in the document, all data gone with down -v, and restored by psql', async () => {
    await stack.see(
      `${http} exec -T postgres pg_dump -U blingauto_preprod blingauto_preprod > backup_$(date +%Y%m%d).sql`,
    )
    await stack.see(`${http} down -v`)
    await stack.see(`${http} up -d postgres`)
    await until('PostgreSQL', async () => (await stack.line(`${http} exec -T postgres pg_isready`)).code === 0)
    const restored = await stack.see(
      `${http} exec -T postgres psql -U blingauto_preprod blingauto_preprod < backup_$(date +%Y%m%d).sql 2>&1`,
    )
    expect(restored).not.toContain('ERROR')
    await stack.see(`${http} up -d`, { timeoutSec: 300 })
    await healthy()
    expect(await bays('https://preprod.blingauto.com')).toEqual(['BAY-001'])
  })

  test('the scripts hold what ShellCheck asks for', async () => {
    const { code, stdout } = await stack.line(
      'shellcheck -x scripts/*.sh nginx/*.sh redis/*.sh postgres/*.sh certbot/*.sh alembic',
    )
    expect([code, stdout]).toEqual([0, ''])
  })
})

test.runIf(missing !== null)('says what it is missing here', async () => {
  if (process.env.IKOMA_PREPROD !== 'if-possible') throw new Error(`${missing}`)
  expect((await run(['true'])).code).toBe(0)
})
