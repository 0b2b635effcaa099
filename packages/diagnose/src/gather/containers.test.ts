import type { Tool } from '@ikoma/machine/testing/simulated-host'
import { describe, expect, test } from 'vitest'
import { entry, setup } from '../testing/machine-with-app.ts'

describe('containers', () => {
  const id = 'a'.repeat(64)
  const made = {
    ...{ id, name: '/blingauto-api-1', project: 'bling', service: 'api', directory: '/srv/bling', revision: null },
    ...{ image: 'api:1', state: 'restarting', exitCode: 1, outOfMemory: false, restarts: 9, health: null },
    ...{ startedAt: '2026-11-21T16:19:00Z', restartPolicy: 'always' },
  }

  test('are found by the folder of their compose file, and shown without their environment', async () => {
    const docker: Tool = ({ args: [, verb] }) => {
      if (verb === 'ls') return { stdout: `${id}\n` }
      if (verb === 'inspect') return { stdout: `${JSON.stringify(made)}\n` }
      return {
        stderr: '2026-11-21T16:19:01.5Z sqlalchemy.exc: FATAL:  password authentication failed for user "bling"\n',
      }
    }
    const { evidence, host, found } = await setup(
      { composeFile: '/srv/bling/docker-compose.yml' },
      { tools: { docker } },
    )
    expect(evidence.docker).toMatchObject({
      running: true,
      project: 'bling',
      containers: [{ service: 'api', restarts: 9 }],
    })
    expect(evidence.logs).toEqual([
      {
        at: expect.any(Number),
        source: 'container api',
        text: 'sqlalchemy.exc: FATAL:  password authentication failed for user "bling"',
      },
    ])
    expect(host.ran[0]).toContain('label=com.docker.compose.project.working_dir=/srv/bling')
    const asked = [...(host.ran[1]?.join(' ') ?? '').matchAll(/\{\{(?:json|with) ([^}]+)/g)].map(([, what]) => what)
    const label = (name: string) => `(index .Config.Labels "${name}")`
    expect(new Set(asked)).toEqual(
      new Set([
        ...['.ID', '.Name', '.Config.Image', '.RestartCount', '.HostConfig.RestartPolicy.Name', '.State.Status'],
        ...['.State.ExitCode', '.State.OOMKilled', '.State.StartedAt', '.State.Health.Status'],
        ...['project', 'service', 'project.working_dir'].map((name) => label(`com.docker.compose.${name}`)),
        // And the values of these labels.
        ...[label('ikoma.revision'), label('com.docker.compose.project.config_files'), '.'],
      ]),
    )
    expect(host.ran[1]?.join(' ')).toContain('{{with (index .Config.Labels "ikoma.revision")}}{{json .}}')
    expect(found).toEqual(['postgres_wrong_password', 'container_restarting'])
  })

  test('that somebody ran by hand, with compose run, are none of the project', async () => {
    const failed = { ...made, name: '/bling-api-run-1', state: 'exited', restarts: 0 }
    const docker: Tool = ({ args }) => {
      if (!args.includes('ls')) return args.includes('inspect') ? { stdout: JSON.stringify(failed) } : {}
      return { stdout: args.includes('label=com.docker.compose.oneoff=False') ? '' : `${id}\n` }
    }
    const { evidence, found } = await setup({ composeFile: '/srv/bling/docker-compose.yml' }, { tools: { docker } })
    expect(evidence.docker).toEqual({ running: true, project: null, containers: [] })
    expect(found).toEqual([])
  })

  test('have what their variables and files of variables hold hidden, in their logs and in any other', async () => {
    const docker: Tool = ({ args }) => {
      if (args.includes('ls')) return { stdout: `${id}\n` }
      if (args.includes('{{json .Config.Env}}')) return { stdout: '["ADMIN=battery-staple-9","MODE=production"]\n' }
      if (args.includes('inspect')) return { stdout: `${JSON.stringify(made)}\n` }
      return { stdout: '2026-11-21T16:19:30.5Z production battery-staple-9 AB12-CD34-EF56\n' }
    }
    const said = 'AB12-CD34-EF56 and battery-staple-9'
    const { evidence } = await setup(
      { unit: 'gateway.service', composeFile: '/srv/bling/docker-compose.yml' },
      {
        files: { '/srv/bling/.env.preprod': 'LICENCE=AB12-CD34-EF56\n' },
        tools: {
          docker,
          journalctl: () => ({ stdout: entry(said) }),
          systemctl: () => ({ stdout: 'LoadState=loaded\n' }),
        },
      },
    )
    const shown = evidence.logs.map(({ text }) => text)
    expect(shown).toContain('production [REDACTED] [REDACTED]')
    expect(shown).toContain('[REDACTED] and [REDACTED]')
  })

  test.each([
    ['no rule opens', 'allow tcp 443 0.0.0.0/0 any 0.0.0.0/0 in', ['web: 8000/tcp on 0.0.0.0']],
    ['a rule opens', 'allow tcp 7000:9000 0.0.0.0/0 any 0.0.0.0/0 in', []],
  ])('that publish a port which %s are told of, where there is a firewall', async (_, tuple, past) => {
    const ports = {
      '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8000' }],
      '81/tcp': [{ HostIp: '127.0.0.1', HostPort: '81' }],
    }
    const docker: Tool = ({ args }) => {
      if (args.includes('ls')) return { stdout: `${id}\n` }
      return { stdout: `${JSON.stringify({ name: '/web', network: 'bridge', ports })}\n` }
    }
    const files = {
      '/etc/ufw/user.rules': `### tuple ### ${tuple}\n`,
      '/etc/default/ufw': 'DEFAULT_INPUT_POLICY="DROP"\n',
    }
    const on = await setup({}, { files, tools: { docker, ufw: () => ({ stdout: 'Status: active\n' }) } })
    expect(on.evidence.pastFirewall).toEqual({ ports: past })
    expect(on.found).toEqual(past.length > 0 ? ['ports_past_firewall'] : [])
    const off = await setup({}, { files, tools: { docker, ufw: () => ({ stdout: 'Status: inactive\n' }) } })
    expect(off.evidence.pastFirewall).toBeNull()
  })

  test('whose log cannot be read hide no other, and what Docker says of it is not theirs', async () => {
    const other = { ...made, id: 'b'.repeat(64), name: '/bling-web-1', service: 'web', restarts: 0, state: 'running' }
    const docker: Tool = ({ args }) => {
      if (args.includes('ls')) return { stdout: `${id}\n${other.id}\n` }
      if (args.includes('inspect')) return { stdout: `${JSON.stringify(made)}\n${JSON.stringify(other)}\n` }
      if (args.at(-1) === id) return { code: 1, stderr: 'Error response from daemon: configured logging driver\n' }
      return { stdout: '2026-11-21T16:19:30.5Z one\n2026-11-21T16:19:31.5Z two\n' }
    }
    const { evidence, host } = await setup({ composeFile: '/srv/bling/docker-compose.yml' }, { tools: { docker } })
    expect(evidence.docker).toMatchObject({ containers: [{ service: 'api' }, { service: 'web', status: 'running' }] })
    expect(evidence.logs.map(({ source, text }) => `${source}: ${text}`)).toEqual([
      'container web: two',
      'container web: one',
    ])
    expect(evidence.notLookedAt).toContainEqual({
      what: 'log of api',
      why: 'docker failed with 1: Error response from daemon: configured logging driver',
    })
    const since = (of: string) => host.ran.find((argv) => argv.includes('logs') && argv.at(-1) === of)
    expect(since(id)).toContain('--since=2026-11-21T16:19:00.000Z')
    expect(since(other.id)).toContain('--since=2026-11-21T16:19:00.000Z')
  })

  test('cannot be seen when Docker is down, which is a finding, or not installed, which is a note', async () => {
    const stderr = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n'
    const subject = { composeFile: '/srv/bling/docker-compose.yml' }
    const down = await setup(subject, { tools: { docker: () => ({ code: 1, stderr }) } })
    expect(down.found).toEqual(['docker_not_running'])
    const absent = await setup(subject, {})
    expect(absent.found).toEqual([])
    expect(absent.evidence.notLookedAt).toContainEqual({
      what: 'containers',
      why: 'docker is not installed on this server.',
    })
  })
})
