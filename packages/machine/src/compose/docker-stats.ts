import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import { type Container, toldByDocker } from './docker.ts'

export interface ContainerStats {
  container: string
  service: string
  /** Percent of one core. */
  cpuPercent: number
  memoryBytes: number
  memoryLimitBytes: number
  processes: number
}

/** What containers that run use at this moment. */
export async function measureContainers(host: Host, containers: readonly Container[]): Promise<ContainerStats[]> {
  const running = containers.filter(({ state }) => state === 'running')
  if (running.length === 0) return []
  const ids = running.map(({ id }) => id)
  const argv = ['docker', 'stats', '--no-stream', '--no-trunc', '--format', '{{json .}}', '--', ...ids] as const
  const told = (await outputOf(host, { argv })).split('\n').filter((line) => line !== '')
  const byId = new Map(told.map((line) => toldByDocker<Record<string, unknown>>(line)).map((each) => [each.ID, each]))
  return running.flatMap(({ id, name, service }) => {
    const said = byId.get(id)
    if (!said) return []
    const [used = '', limit = ''] = String(said.MemUsage).split(' / ')
    const numbers = { cpuPercent: numberOf(said.CPUPerc), processes: numberOf(said.PIDs) }
    return [{ container: name, service, ...numbers, memoryBytes: bytesOf(used), memoryLimitBytes: bytesOf(limit) }]
  })
}

/** `12.5%`; `--` for a container that has just ended. */
const numberOf = (text: unknown) => Number.parseFloat(String(text)) || 0

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `1.504MiB`, to the digits that it has. */
function bytesOf(text: string): number {
  const [, number, unit = 'B'] = /^([\d.]+) ?([A-Za-z]+)$/.exec(text.trim()) ?? []
  return Math.round(numberOf(number) * 1024 ** Math.max(0, units.indexOf(unit)))
}
