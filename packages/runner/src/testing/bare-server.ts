import { newId } from '@ikoma/kernel'
import { converge, linesOf, type Stage } from '@ikoma/machine'
import { accountTools } from '@ikoma/machine/testing/account-tools'
import { SimulatedHost, type Tool } from '@ikoma/machine/testing/simulated-host'
import { noUnitRuns, systemdOf, systemdTools } from '@ikoma/machine/testing/systemd-tools'
import { expect } from 'vitest'
import { type Installation, installed } from '../install/installed.ts'
import * as places from '../install/places.ts'

export const program = { node: '/opt/ikoma/node', entry: '/opt/ikoma/dist/index.cjs', build: 'ab12cd34ef56' }
/** One whose Node ends as soon as it was started. */
export const crashing = { ...program, node: '/opt/crash/node' }
export const runnerFile = `${places.stateDir}/runner.json`
export const keyFile = `${places.stateDir}/runner-key.pem`
export const byRoot = { owner: 'root', group: 'root', mode: 0o644 }
export const byRunner = { owner: 'ikoma', group: 'ikoma', mode: 0o600 }

export function identityText(more = {}): string {
  const key = { keyId: 'key-1', publicKey: 'public' }
  const identity = { url: 'https://ikoma.example.org', runnerId: newId(), name: 'web-1', token: 'iko_secret' }
  const scopes = { serverId: null, scopes: ['*'], concurrency: 4 }
  return JSON.stringify({ ...identity, ...scopes, controlPlaneKey: key, ...more })
}

/** As the first source document makes it. */
export const byHand = { home: '/home/ikoma', shell: '/bin/bash', groups: ['ikoma'] }

/** The programs that handle files in trees, as far as install has them do it. */
const fileTools: Record<string, Tool> = {
  chown({ machine }) {
    for (const path of [runnerFile, keyFile]) machine.put(path, machine.contentOf(path) ?? '', byRunner)
    return {}
  },
  chmod: () => ({}),
  rm({ args, machine }) {
    machine.move(args.at(-1) ?? '', null)
    return {}
  },
}

export function nodesOf(machine: SimulatedHost) {
  const { files } = machine.snapshot() as { files: Record<string, { owner: string; group: string; mode: number }> }
  return files
}

/** A bare server with the program on it, and an invitation to enrol it. */
export function setup() {
  const tools = { ...accountTools, ...systemdTools, ...fileTools }
  const server = new SimulatedHost({ tools, state: { users: {}, systemd: noUnitRuns } })
  for (const path of ['/etc/systemd/system', '/run', '/var/lib']) server.putDirectory(path)
  for (const path of [program.node, crashing.node, program.entry, '/opt/ikoma/dist/main-AB12.mjs']) {
    server.put(path, '', { ...byRoot, mode: 0o755 })
  }
  let enrolments = 0
  const enrol = async () => {
    enrolments += 1
    server.put(runnerFile, identityText())
    server.put(keyFile, 'PEM')
  }
  const enrolling = { url: 'https://ikoma.example.org', enrol }
  const wanted = (more: Partial<Installation> = {}) =>
    installed({ program, enrolling, allow: undefined, settleSec: 1, ...more })
  const carryOut = (stages: Stage[], dryRun: boolean) => {
    const step = async <T>(_: string, run: () => Promise<T>) => run()
    const { signal } = new AbortController()
    const course = { signal, log: () => {}, show: () => {}, step, machineAfterStop: server, dryRun }
    return converge(stages, server, course)
  }
  const plan = async (stages: Stage[]) => linesOf((await carryOut(stages, true)).plan).map(({ title }) => title)
  const apply = async (stages: Stage[]) => expect((await carryOut(stages, false)).left).toEqual([])
  return {
    ...{ server, wanted, plan, apply },
    policy: () => JSON.parse(server.contentOf(places.policyFile) || '{}'),
    running: () => Object.keys(systemdOf(server).running),
    enrolments: () => enrolments,
    /** Every path with its owner and mode. */
    tree: () =>
      Object.entries(nodesOf(server)).map(
        ([path, { owner, group, mode }]) => `${path} ${owner}:${group} ${mode.toString(8)}`,
      ),
  }
}
