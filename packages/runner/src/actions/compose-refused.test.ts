// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of compose
import { describe, expect, test } from 'vitest'
import { policyOf } from '../order/policy.ts'
import { composeMachine } from '../testing/cases/compose.ts'
import { project, run, up, withService } from '../testing/compose-orders.ts'

describe('a compose file that could take the server over', () => {
  const refused = { reason: 'compose_file_refused' }
  test.each([
    'privileged: true',
    'volumes: ["/var/run/docker.sock:/x"]',
    'volumes: ["/:/host"]',
    'network_mode: host',
    'pid: host',
    'cap_add: [SYS_ADMIN]',
    'extends: { file: other.yml, service: x }',
  ])('is refused before anything: %s', async (service) => {
    const machine = withService(service)
    const before = machine.snapshot()
    await expect(up(machine)).rejects.toMatchObject(refused)
    expect(machine.snapshot()).toEqual(before)
    expect(machine.ran).toEqual([])
  })

  test("may do what this server's policy allows the project's folder, and nothing beside it", async () => {
    const policy = policyOf({ compose: { '/srv/shop': ['docker_socket'] } })
    const socket = 'volumes: ["/var/run/docker.sock:/x"]'
    const order = (service: string, directory = '/srv/shop') => {
      const machine = withService(service)
      machine.put('/srv/other/docker-compose.yml', machine.contentOf('/srv/shop/docker-compose.yml') ?? '')
      return run('service.compose.up', { ...project, directory }, machine, policy)
    }
    expect((await order(socket)).result).toMatchObject({ ok: true })
    await expect(order(socket, '/srv/other')).rejects.toMatchObject(refused)
    await expect(order('privileged: true')).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('policy.json: "compose": { "/srv/shop": ["docker_socket", "privileged"] }'),
    })
  })

  test("that binds a folder is refused where the app's account could put a link in its place", async () => {
    const machine = withService('volumes: ["./data:/data"]')
    await machine.makeDirectory('/srv/shop', { mode: 0o755, owner: 'shop', group: 'shop' })
    await expect(up(machine)).rejects.toMatchObject({
      reason: 'unsafe_path',
      message: expect.stringContaining('/srv/shop '),
    })
    expect(machine.ran).toEqual([])
    machine.put('/srv/shop/docker-compose.yml', 'services: { web: { image: "web:1", volumes: ["data:/data"] } }')
    expect((await up(machine)).result).toMatchObject({ ok: true })
  })

  test.each([
    ['that is not there', 'none', 'it is not there'],
    ['that is not YAML', 'services: { secret: hunter2', 'is not YAML'],
    ['that repeats a key', 'services:\n  a: {}\n  a: {}\n', 'is not YAML'],
    ['that is many', 'a: 1\n---\nb: 1\n', 'is not YAML'],
    ['that is empty', '', 'it is empty: services is missing'],
    ['that is a comment', '# services\n', 'it is empty: services is missing'],
    ['that is a list', '- web\n', 'it is not a mapping with services'],
    ['without services', 'version: "3"\n', 'services: it has none'],
    ['with services and none among them', 'services: {}\n', 'services: it has none'],
    ['with services that are nothing', 'services:\n', 'services: it has none'],
    ['with a service of nothing', 'services:\n  web:\n', 'services/web: it has neither image nor build'],
  ])('%s is refused, without a word of it', async (_, compose, why) => {
    const machine = composeMachine({ compose })
    if (compose === 'none') await machine.remove('/srv/shop/docker-compose.yml')
    const error = await up(machine).catch((caught: Error) => caught)
    expect(error).toMatchObject({ reason: 'compose_file_unreadable', message: expect.stringContaining(why) })
    expect(String(error)).not.toContain('hunter2')
  })
})

const bomb = () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 12; level += 1) lines.push(`a${level}: &a${level} [${Array(9).fill(`*a${level - 1}`)}]`)
  return lines.join('\n')
}

test.each([
  ['a bomb of aliases', bomb(), 'more than 20000 values'],
  ['an alias of nothing', 'services: *nobody', 'BAD_ALIAS|alias'],
  ['an alias of itself', 'services: &a [*a]', 'compose_file|nested|alias'],
  ['brackets without end', '['.repeat(100_000), 'nested|not YAML'],
  ['mappings within mappings', `${'{a: '.repeat(60)}1${'}'.repeat(60)}`, 'nested'],
  ['a tag of another reader', 'services: !!python/object:os.system {}', 'not read|not YAML'],
  ['another YAML', '%YAML 1.1\n---\nservices: { a: { mode: 22:22 } }', 'version'],
  ['too much of it', `x-a: "${'y'.repeat(300_000)}"`, 'characters'],
])('service.compose.up says which file cannot be read, and why: %s', async (_, compose, why) => {
  const error = await up(composeMachine({ compose })).catch((caught: Error) => caught)
  expect(error).toMatchObject({ reason: 'compose_file_unreadable' })
  expect(String(error)).toMatch(new RegExp(`/srv/shop/docker-compose.yml cannot be run: .*(${why})`))
})
