import type { Container } from '@ikoma/machine/compose'
import { composeTools, containersIn, noContainers } from '@ikoma/machine/testing/compose-tools'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect } from 'vitest'
import type { OrderTypeCase } from '../order-type-case.ts'

const directory = '/srv/shop'
const project = { name: 'shop', directory }

const file = `
services:
  web:
    image: web:1
    restart: always
    ports: ["127.0.0.1:8000:8000"]
    env_file: .env.web
    volumes: ["./data:/data"]
    healthcheck: { test: ["CMD", "true"] }
  db:
    image: postgres:16
    restart: always
    environment: { POSTGRES_PASSWORD: "\${PASSWORD}" }
`

const container: Container = {
  id: 'web1',
  name: 'shop_web_1',
  project: 'shop',
  service: 'web',
  directory,
  configFiles: '-',
  revision: 'former',
  image: 'web:0',
  state: 'running',
  exitCode: 0,
  outOfMemory: false,
  restarts: 0,
  startedAt: '2026-11-21T08:00:00Z',
  health: null,
  restartPolicy: 'always',
}

/** A compose file, and the container of a former one where `running`. */
export function composeMachine({ running = false, compose = file, version = 1 } = {}): SimulatedHost {
  const files = {
    [`${directory}/docker-compose.yml`]: compose,
    [`${directory}/.env`]: 'PASSWORD=hunter2\n',
    [`${directory}/.env.web`]: 'TOKEN=hunter3\n',
  }
  const former = { containers: { shop: [container] }, networks: { shop: ['shop-network'] } }
  const docker = { ...noContainers, ...(running ? former : {}), version }
  return new SimulatedHost({ files, tools: composeTools, state: { docker } })
}

const needs = ['docker']

export const composeCases: OrderTypeCase[] = [
  {
    type: 'service.compose.up',
    kind: 'change',
    payload: project,
    bad: { payload: { ...project, file: '../other/docker-compose.yml' }, field: 'file' },
    machine: () => composeMachine(),
    needs: [...needs, 'docker-compose'],
    expectDone(machine) {
      const states = containersIn(machine, 'shop').map(({ service, state, health }) => [service, state, health])
      expect(states).toEqual([
        ['web', 'running', 'healthy'],
        ['db', 'running', null],
      ])
    },
  },
  {
    type: 'service.compose.down',
    kind: 'change',
    payload: project,
    bad: { payload: { ...project, directory: '/etc/docker' }, field: 'directory' },
    machine: () => composeMachine({ running: true }),
    needs,
    staysAfterStop: 'containers that were removed are gone; those that were only stopped are started again',
    expectDone: (machine) => expect(machine.state.docker).toEqual(noContainers),
  },
  {
    type: 'service.compose.restart',
    kind: 'act',
    payload: { ...project, service: 'web' },
    bad: { payload: { ...project, service: '--all' }, field: 'service' },
    machine: () => composeMachine({ running: true }),
    needs,
    staysAfterStop: 'a container that was restarted runs',
    expectDone: (machine) =>
      expect(machine.ran.filter(([, , verb]) => verb === 'restart').at(-1)).toEqual([
        ...['docker', 'container', 'restart', '--', 'web1'],
      ]),
  },
  {
    type: 'service.compose.status',
    kind: 'look',
    payload: project,
    bad: { payload: { ...project, name: 'Shop' }, field: 'name' },
    machine: () => composeMachine({ running: true }),
    needs,
    expectDone: (_, { output }) =>
      expect(output).toMatchObject({ containers: [{ container: 'shop_web_1', service: 'web', state: 'running' }] }),
  },
  {
    type: 'service.compose.logs',
    kind: 'look',
    payload: { ...project, lines: 2 },
    bad: { payload: { ...project, lines: 100_000 }, field: 'lines' },
    machine: () => composeMachine({ running: true }),
    needs,
    expectDone: (_, { output }) =>
      expect(output).toEqual({
        lines: [
          { at: '2026-11-21T10:00:01.000000001Z', service: 'web', message: 'second' },
          { at: '2026-11-21T10:00:02.000000001Z', service: 'web', message: 'third' },
        ],
        truncated: false,
      }),
  },
  {
    type: 'service.compose.stats',
    kind: 'look',
    payload: project,
    bad: { payload: { ...project, directory: 'srv/shop' }, field: 'directory' },
    machine: () => composeMachine({ running: true }),
    needs,
    expectDone: (_, { output }) =>
      expect(output).toEqual({
        containers: [
          {
            container: 'shop_web_1',
            service: 'web',
            cpuPercent: 12.5,
            memoryBytes: 1_572_864,
            memoryLimitBytes: 2_147_483_648,
            processes: 3,
          },
        ],
      }),
  },
]
