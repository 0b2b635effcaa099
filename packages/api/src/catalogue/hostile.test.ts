import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { catalogue, type OrderTypeName } from './index.ts'
import { fieldsOf } from './payload-fields.ts'
import { hostileTexts } from './testing/hostile-texts.ts'
import { type Place, placesIn, replaced, without } from './testing/places.ts'
import { samples } from './testing/samples.ts'

/** Any text that a process can be given: it is no argument of ours, and no shell reads it. */
const argument = /^[^\0\ud800-\udfff]*$/su
const url = /^https?:\/\/[^\s\p{C}]+$/u
/** Labels, or the number of an address, as far as a name goes. */
const host =
  /^(?!-)(?!.*\.\.)(?!.*:::)(?!\.)(?:[0-9A-Fa-f]*:[0-9A-Fa-f:.]+|(?!.*\.\d+$)[A-Za-z0-9._-]*[A-Za-z0-9_]\.?|\d+(?:\.\d+){3})$/

const text = /^[^\p{Cs}]+$/su

/** The fields that hold more than a name or a path, and all that may get through them. */
const free: Record<string, RegExp> = {
  'check.http.run url': url,
  'check.http.run expectBody': text,
  'check.tcp.run host': host,
  'check.tls.run host': host,
  'check.tls.run serverName': host,
  'check.dns.run name': host,
  'check.dns.run expect': text,
  'check.dns.run resolver': /^[0-9A-Fa-f.:[\]]+$/,
  'shell.run argv': argument,
  'shell.run cwd': /^\/[^\0\ud800-\udfff]*$/su,
  'shell.run env LANG': argument,
  'platform.caddy.route.apply health path': /^\/[A-Za-z0-9._~/?=&-]*$/,
  'platform.caddy.route.apply headers X-Frame-Options': /^[!-z|~][ -z|~]*$/,
  'platform.nginx.site.apply headers X-Frame-Options': /^[!-#%-~][ -#%-~]*$/,
  'tls.certificate.check endpoint host': host,
  'tls.certificate.check endpoint serverName': host,
  // Compared with the names in a manifest, and read by no program.
  'db.sqlite.backup mayShrink': /^[A-Za-z_][A-Za-z0-9_ .-]*\*?$/,
  'db.postgres.backup mayShrink': /^[A-Za-z_][A-Za-z0-9_ .-]*\*?$/,
  // No program but PostgreSQL reads it.
  'db.postgres.query sql': argument,
  // It is checked against, and never sent.
  'db.postgres.role.apply password': /^[ -~]+$/,
  'service.systemd.apply execStart': argument,
  'service.systemd.apply description': /^[^\p{Cc}\p{Cs}\u2028\u2029]+$/u,
  'service.systemd.apply environment PORT': argument,
  'timer.systemd.apply execStart': argument,
  'timer.systemd.apply description': /^[^\p{Cc}\p{Cs}\u2028\u2029]+$/u,
  'timer.systemd.apply environment PORT': argument,
  'timer.systemd.apply schedule calendar': /^[A-Za-z0-9*][A-Za-z0-9*:,.~/ _-]*$/,
  'service.compose.up environment web PORT': argument,
  'service.compose.up revision': /^[A-Za-z0-9._-]+$/,
  'service.pm2.apply processes interpreterArgs': argument,
  'service.pm2.apply processes args': argument,
  'service.pm2.apply processes environment PORT': argument,
  'service.pm2.apply processes cron': /^[0-9*,/ -]+$/,
  'platform.node.install tarball baseUrl': /^https:\/\/[A-Za-z0-9:/._~[\]-]+$/,
  'firewall.ufw.apply rules comment': /^[A-Za-z0-9][A-Za-z0-9 ._/:-]*$/,
  'diagnose.run url': url,
}

const payloads = samples.flatMap(([type, all]) => all.map((payload) => ({ type, payload })))

describe.each(payloads)('$type $payload', ({ type, payload }) => {
  const schema = catalogue[type].payload
  const places = placesIn(payload)
  const texts = places.flatMap(({ place, value }) => (typeof value === 'string' ? [{ place, value }] : []))

  test('is taken', () => expect(schema.safeParse(payload).success).toBe(true))

  test.each(texts)('has no room for hostile text in $place', ({ place, value }) => {
    const through = hostileTexts(value).flatMap((text) => {
      const parsed = schema.safeParse(replaced(payload, place, text))
      if (!parsed.success) return []
      // What is stored is what was given: nothing is trimmed or written anew without a word.
      expect(textIn(parsed.data, place)).toBe(text)
      return [text]
    })
    const may = free[nameOf(type, place)]
    expect(through.filter((text) => !may?.test(text))).toEqual([])
    expect(schema.safeParse(replaced(payload, place, value + 'a'.repeat(70_000))).success).toBe(false)
  })

  test('has no room for hostile text in the names of a record', () => {
    const named = (place: Place, name: string) => replaced(without(payload, place), [...place.slice(0, -1), name], 'a')
    const accepts = (value: unknown) => schema.safeParse(value).success
    const keys = places.filter(({ place }) => !isIndex(place.at(-1) ?? ''))
    const names = keys.filter(({ place }) => accepts(named(place, `${place.at(-1)}A`)))
    const renamed = names.flatMap(({ place }) => hostileTexts(place.at(-1) ?? '').map((text) => named(place, text)))
    expect(renamed.filter(accepts)).toEqual([])
  })
})

test('the samples use every field of every payload', () => {
  for (const [type, all] of samples) {
    const used = new Set(all.flatMap((payload) => placesIn(payload).map(({ place }) => nameOf(type, place))))
    const names = fieldsOf(z.toJSONSchema(catalogue[type].payload, { io: 'input' })).map(({ path }) => path)
    expect(names.filter((path) => !used.has([type, ...path.replaceAll('[]', '').split('.')].join(' ')))).toEqual([])
  }
})

test('every field of free text is one that a sample has', () => {
  const known = payloads.flatMap(({ type, payload }) => placesIn(payload).map(({ place }) => nameOf(type, place)))
  expect(Object.keys(free).filter((name) => !known.includes(name))).toEqual([])
})

test('nginx is told no path to write its log to', () => {
  const { payload, example } = catalogue['platform.nginx.site.apply']
  expect(payload.safeParse({ ...example, logFile: '/var/log/nginx/app.log' }).success).toBe(false)
})

test('a process of PM2 is not called what PM2 takes for every one', () => {
  for (const type of ['service.pm2.stop', 'service.pm2.restart', 'service.pm2.logs'] as const) {
    const { payload } = catalogue[type]
    expect(payload.safeParse({ user: 'app', name: 'all' }).success, type).toBe(false)
    expect(payload.safeParse({ user: 'app', name: 'all-of-it' }).success, type).toBe(true)
  }
})

test.each(['postgres', 'Postgres', 'pg_monitor', 'PG_x', 'public', 'none', 'a b', 'x'.repeat(64), 'é', 'a"b'])(
  'a role that orders make, or give a database to, is not called %j',
  (name) => {
    expect(catalogue['db.postgres.role.apply'].payload.safeParse({ name }).success).toBe(false)
    expect(catalogue['db.postgres.database.apply'].payload.safeParse({ name: 'app', owner: name }).success).toBe(false)
  },
)

test.each(['postgres', 'template0', 'template1', 'Template2', 'pg_x', 'ikoma_proof_x', 'ikoma_making_x', 'a"b', 'a/b'])(
  'a database that orders make is not called %j',
  (name) => {
    expect(catalogue['db.postgres.database.apply'].payload.safeParse({ name, owner: 'app' }).success).toBe(false)
  },
)

test.each([
  'pg_execute_server_program',
  'pg_write_server_files',
  'pg_read_server_files',
  'pg_write_all_data',
  'postgres',
])('no role becomes a member of %s by an order', (name) => {
  const { payload } = catalogue['db.postgres.role.apply']
  expect(payload.safeParse({ name: 'app', memberOf: [name] }).success).toBe(false)
  expect(payload.safeParse({ name: 'app', memberOf: ['pg_read_all_data', 'staff'] }).success).toBe(true)
})

test.each(['superuser', 'replication', 'bypassrls', 'createrole'])('a role has no field %s', (field) => {
  const { payload } = catalogue['db.postgres.role.apply']
  expect(payload.safeParse({ name: 'app', [field]: true }).success).toBe(false)
})

test.each(['nginx-', 'nginx/stable', 'nginx=1', 'nginx*', 'any any'])(
  'a package is not %j, which apt reads',
  (name) => {
    expect(catalogue['system.packages.apply'].payload.safeParse({ install: [name] }).success).toBe(false)
    expect(catalogue['system.packages.apply'].payload.safeParse({ remove: [name] }).success).toBe(false)
  },
)

test.each(['any any', '0.0.0.0/33', '::/129', '1:2', 'localhost'])('the firewall takes no source %j', (from) => {
  expect(catalogue['firewall.ufw.apply'].payload.safeParse({ rules: [{ port: 22, from }] }).success).toBe(false)
})

/** Without indexes, as the members of a list are all of a kind. */
function nameOf(type: OrderTypeName, place: Place): string {
  return [type, ...place.filter((key) => !isIndex(key))].join(' ')
}

function isIndex(key: string): boolean {
  return /^\d+$/.test(key)
}

function textIn(payload: unknown, place: Place): string {
  return String(placesIn(payload).find((each) => each.place.join(' ') === place.join(' '))?.value)
}
