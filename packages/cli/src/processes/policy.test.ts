import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Language } from '../messages/index.ts'
import { messagesIn } from '../messages/index.ts'
import { createOutput } from '../output.ts'
import { createWorld } from '../testing/world.ts'
import { refuseSilentLoss } from './install-runner.ts'
import { check, printSchema, show } from './policy.ts'

function setup(content: string | null, { json = false, language = 'en' as Language } = {}) {
  const world = createWorld()
  const file = join(world.home, 'policy.json')
  if (content !== null) writeFileSync(file, content)
  const io = { ...world.io, env: { IKOMA_POLICY_FILE: file }, cwd: world.home }
  return { file, seen: world.seen, context: { io, out: createOutput(io, json), t: messagesIn(language), language } }
}

const wrong = '{\n  "scope": ["check"],\n  "packages": ["No Such", "hunter2 x"]\n}'

test('policy show says each value and whether it is from the file', async () => {
  const { context, seen, file } = setup('{"scopes":["check","shell"],"appGroups":["www-data"]}')
  expect(await show({}, context)).toBe(0)
  expect(seen.stdout).toContain(file)
  expect(seen.stdout).toMatch(/scopes +check, shell {2}\(from the file\)/)
  expect(seen.stdout).toMatch(/maxTimeoutSec +86400 {2}\(default\)/)
  expect(seen.stdout).toMatch(/appAccounts +none {2}\(default\)/)
})

test('policy show as JSON has values and order types', async () => {
  const { context, seen, file } = setup('{"scopes":["check.http"]}', { json: true })
  await show({}, context)
  const [policy] = JSON.parse(seen.stdout).policies
  expect(policy).toMatchObject({ file, state: 'written', orderTypes: ['runner.selftest', 'check.http.run'] })
  expect(policy.values[0]).toEqual({ key: 'scopes', value: ['check.http'], from: 'file' })
})

test('where there is no file the default policy is shown, and that is right', async () => {
  const { context, seen } = setup(null)
  expect([await show({}, context), await check({}, context)]).toEqual([0, 0])
  expect(seen.stdout).toContain('the default policy is in force')
})

test.each<[Language, string, string]>([
  ['en', 'scope: there is no such key. Did you mean "scopes"? There are: scopes, maxTimeoutSec', 'a Debian package'],
  ['fr', 'scope : cette clé n’existe pas. Vouliez-vous dire « scopes » ? Les clés sont : scopes', 'un paquet Debian'],
])('policy check tells all problems at once, by line and column, and no value (%s)', async (language, key, value) => {
  const { context, seen, file } = setup(wrong, { language })
  expect(await check({}, context)).toBe(1)
  const lines = seen.stdout.trim().split('\n')
  expect(lines.map((line) => line.slice(file.length).split(' ')[0])).toEqual([':2:3:', ':3:16:', ':3:27:'])
  expect(lines[0]).toContain(key)
  expect(lines[1]).toContain(value)
  expect(seen.screen).not.toContain('hunter2')
})

test('policy check of a file that is named and is not there, or is right, says so', async () => {
  const { context, seen, file } = setup('{}')
  expect(await check({ file: 'nowhere.json' }, context)).toBe(1)
  expect(seen.stderr).toContain('nowhere.json')
  expect(await check({ file: 'policy.json' }, context)).toBe(0)
  expect(seen.stdout).toContain(`${file} is right`)
})

test('policy check warns of a scope that nothing needs, and of none that there is', async () => {
  const { context, seen } = setup('{"scopes":["runner","system.facts","check","servce"]}')
  expect(await check({}, context)).toBe(0)
  expect(seen.stdout.match(/warning/g)).toHaveLength(1)
  expect(seen.stdout).toMatch(/:1:44: warning: scopes\.3: .* Did you mean "service"\?/)
})

test('policy check as JSON says whether all is well', async () => {
  const { context, seen } = setup('{', { json: true })
  expect(await check({}, context)).toBe(1)
  expect(JSON.parse(seen.stdout)).toMatchObject({ ok: false, policies: [{ state: 'broken' }] })
})

test('policy schema is JSON Schema', async () => {
  const { context, seen } = setup(null)
  expect(await printSchema({}, context)).toBe(0)
  expect(JSON.parse(seen.stdout)).toMatchObject({ $schema: expect.stringContaining('2020-12'), type: 'object' })
})

test('install with a shorter --allow says which rights go, and takes them only with --yes', async () => {
  const { context, seen, file } = setup('{"scopes":["runner","system.facts","check","service","shell"]}')
  const install = (allow: string[], more = {}) => refuseSilentLoss(allow, more, context, file)
  const refused = { reason: 'confirmation_required', message: expect.stringContaining('--allow service,shell') }
  await expect(install([])).rejects.toMatchObject(refused)
  await expect(install(['shell'])).rejects.toMatchObject({ message: expect.stringMatching(/today: service\. .*--yes/) })
  expect(seen.stderr).toBe('')
  await install(['shell'], { yes: true })
  await install(['shell'], { dryRun: true })
  expect(seen.stderr.match(/today: service\./g)).toHaveLength(2)
  await install(['service', 'shell', 'system'])
  await install(['*'])
  expect(seen.stderr.match(/today/g)).toHaveLength(2)
})
