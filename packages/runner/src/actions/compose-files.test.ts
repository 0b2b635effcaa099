import { composeTools, containersIn } from '@ikoma/machine/testing/compose-tools'
import { describe, expect, test } from 'vitest'
import { composeMachine } from '../testing/cases/compose.ts'
import { up } from '../testing/compose-orders.ts'

describe('a project that runs', () => {
  test.each(['', 'services: {}\n', 'version: "3"\n', '- web\n'])('is not removed by the file %j', async (compose) => {
    const machine = composeMachine({ running: true, compose })
    const before = machine.snapshot()
    await expect(up(machine)).rejects.toMatchObject({ reason: 'compose_file_unreadable' })
    expect(machine.snapshot()).toEqual(before)
    expect(machine.ran).toEqual([])
  })

  test('keeps what its other files made, and is told of it', async () => {
    const machine = composeMachine({ running: true, compose: 'services: { api: { image: "api:1" } }' })
    Object.assign(containersIn(machine, 'shop')[0] ?? {}, { configFiles: '/srv/shop/a.yml,/srv/shop/b.yml' })
    const before = machine.snapshot()
    await expect(up(machine)).rejects.toMatchObject({
      reason: 'other_compose_files',
      message: expect.stringContaining('web is made of /srv/shop/a.yml and /srv/shop/b.yml'),
    })
    expect(machine.snapshot()).toEqual(before)
    Object.assign(containersIn(machine, 'shop')[0] ?? {}, { configFiles: '/srv/shop/docker-compose.yml' })
    expect((await up(machine)).result).toMatchObject({ ok: true })
  })

  test('runs the services of the profiles of COMPOSE_PROFILES', async () => {
    const compose =
      'services: { web: { image: "w:1", profiles: [debug] }, job: { image: "j:1", profiles: [once] }, db: { image: "d:1" } }'
    const handedOver = async (variables: string) => {
      const machine = composeMachine({ compose, version: 2 })
      machine.put('/srv/shop/.env', variables)
      let input = ''
      machine.install('docker', (call) => {
        input = call.input || input
        return composeTools.docker?.(call) ?? { code: 1 }
      })
      await up(machine).catch(() => undefined)
      const { services } = JSON.parse(input) as { services: Record<string, { profiles?: string[] }> }
      return Object.keys(services).filter((name) => services[name]?.profiles === undefined)
    }
    expect(await handedOver('COMPOSE_PROFILES=debug\n')).toEqual(['web', 'db'])
    expect(await handedOver('COMPOSE_PROFILES=debug,once\n')).toEqual(['web', 'job', 'db'])
    expect(await handedOver('COMPOSE_PROFILES=*\n')).toEqual(['web', 'job', 'db'])
    expect(await handedOver('A=1\n')).toEqual(['db'])
  })
})

describe('the compose file of a folder', () => {
  const text = 'services: { web: { image: "web:1" } }'
  async function foundAmong(names: readonly string[], given: object = {}) {
    const machine = composeMachine({ compose: text })
    await machine.remove('/srv/shop/docker-compose.yml')
    for (const name of names) machine.put(`/srv/shop/${name}`, text)
    return up(machine, given)
  }

  test.each(['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'])('may be %s', async (name) => {
    expect((await foundAmong([name])).result).toMatchObject({ ok: true })
  })

  test.each([
    [['compose.yaml', 'docker-compose.yml'], '! docker-compose.yml is not read, only compose.yaml.'],
    [['compose.yaml', 'compose.override.yaml'], '! compose.override.yaml is not read, only compose.yaml.'],
    [['docker-compose.yml', 'docker-compose.override.yml'], '! docker-compose.override.yml is not read'],
  ])('beside others is told: %j', async (names, told) => {
    expect(JSON.stringify((await foundAmong(names)).result)).toContain(told)
  })

  test('beside those of COMPOSE_FILE is told', async () => {
    const machine = composeMachine({ compose: text })
    machine.put('/srv/shop/.env', 'COMPOSE_FILE=docker-compose.yml:prod.yml\n')
    const told = JSON.stringify((await up(machine)).result)
    expect(told).toContain('! COMPOSE_FILE of .env names prod.yml is not read')
  })

  test('is looked for by name, and those that are there are named', async () => {
    await expect(foundAmong(['compose.yaml'], { file: 'prod.yml' })).rejects.toThrow(
      '/srv/shop/prod.yml cannot be run: it is not there; compose.yaml is.',
    )
    await expect(foundAmong([])).rejects.toThrow('nor is compose.yml, docker-compose.yml, docker-compose.yaml')
  })
})
