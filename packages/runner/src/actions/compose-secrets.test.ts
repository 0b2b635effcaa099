// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of compose
import { composeTools, containersIn, dockerOf } from '@ikoma/machine/testing/compose-tools'
import { describe, expect, test } from 'vitest'
import { composeMachine } from '../testing/cases/compose.ts'
import { project, run, up } from '../testing/compose-orders.ts'

describe('what is secret in a project', () => {
  test('is hidden in what compose says, also when it fails', async () => {
    const machine = composeMachine({ version: 2 })
    machine.put('/srv/shop/.env', 'PASSWORD=correct-horse-battery\nMODE=production\n')
    machine.put('/srv/shop/.env.web', "LICENCE='AB12-CD34-EF56'\nPASSWORD=another-one-99\n")
    machine.install('docker', (call) =>
      call.args.includes('up')
        ? { code: 1, stderr: 'production: correct-horse-battery and AB12-CD34-EF56, another-one-99' }
        : (composeTools.docker?.(call) ?? { code: 1 }),
    )
    const { message } = (await up(machine).catch((caught: Error) => caught)) as Error
    expect(message).toContain('production: [REDACTED] and [REDACTED], [REDACTED]')
  })

  test('is hidden in the logs of its containers, whichever of them it belongs to', async () => {
    const machine = composeMachine({ running: true })
    const docker = dockerOf(machine)
    const [web] = containersIn(machine, 'shop')
    docker.containers.shop?.push({ ...(web as NonNullable<typeof web>), id: 'db1', service: 'db', name: 'shop_db_1' })
    docker.environments = {
      db1: ['POSTGRES_PASSWORD=correct-horse-battery', 'PATH=/usr/bin:/bin'],
      web1: ['NODE_ENV=production'],
    }
    machine.put('/srv/shop/.env', 'export API="AB12-CD34-EF56" # x\n')
    machine.put('/srv/shop/.env.web', 'URL=postgres://shop:sesame99@db/shop\nnot a line\n')
    const said = 'production correct-horse-battery AB12-CD34-EF56 sesame99 /usr/bin'
    const tools = { ...composeTools }
    machine.install('docker', (call) =>
      call.args[0] === 'logs' ? { stdout: `2026-11-21T10:00:00Z ${said}\n` } : (tools.docker?.(call) ?? { code: 1 }),
    )
    const { result } = await run('service.compose.logs', { ...project, service: 'web' }, machine)
    expect(result.output).toMatchObject({
      lines: [{ message: 'production [REDACTED] [REDACTED] [REDACTED] /usr/bin' }],
    })
  })
})
