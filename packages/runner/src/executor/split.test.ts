import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { actions as allActions } from '../actions/index.ts'
import type { Actions } from '../order/action.ts'
import { readIdentity } from '../protocol/identity.ts'
import { recordingLogger, setup, until } from '../testing/setup.ts'
import { runExecutor } from './run-executor.ts'

const policy = { scopes: ['system.directory', 'shell'] }

/** A runner and an executor, each in its own place, and who did what. */
async function split() {
  const world = await setup(policy)
  const { runnerId, controlPlaneKey } = await readIdentity(world.stateDir)
  const stateDir = join(world.stateDir, 'executor')
  mkdirSync(stateDir)
  const configPath = join(stateDir, 'executor.json')
  const policyFile = join(world.stateDir, 'policy.json')
  const { username: runnerUser, uid: peerUid } = userInfo()
  writeFileSync(configPath, JSON.stringify({ runnerUser, runnerId, controlPlaneKey, policyFile, stateDir }))
  const done: string[] = []
  const actionsOf = (who: string): Actions => ({
    ...allActions,
    'system.directory.apply': async () => {
      done.push(who)
      return { ok: true, summary: 'made', output: { changed: true, changes: [] } }
    },
  })
  const actions = actionsOf('executor')
  const server = createServer((socket) => {
    void runExecutor({ configPath, peerUid, input: socket, output: socket, logger: recordingLogger(), actions })
  })
  const executorSocket = join(stateDir, 'socket')
  await new Promise<void>((resolve) => server.listen(executorSocket, resolve))
  onTestFinished(() => void server.close())
  return { ...world, done, executorSocket, runnerActions: actionsOf('runner') }
}

test('what needs root is done by the executor, and what does not by the runner', async () => {
  const { plane, start, done, executorSocket, runnerActions, logger } = await split()
  const asRoot = plane.place('system.directory.apply', { path: '/srv/app' })
  const asRunner = plane.place('shell.run', { argv: ['echo', 'bonjour'] })
  await start({ executorSocket }, runnerActions)
  await until(() => asRoot.reports.length > 0 && asRunner.reports.length > 0)
  expect(asRoot.reports[0]).toMatchObject({ ok: true, summary: 'made' })
  expect([done, asRunner.status]).toEqual([['executor'], 'SUCCEEDED'])
  expect(plane.heartbeats[0]).toMatchObject({ capabilities: { privilege: 'executor' } })
  expect(logger.entries.filter(({ message }) => message.includes('no executor'))).toEqual([])
})

test('without an executor the runner does it itself, and says so', async () => {
  const { plane, start, done, runnerActions, logger } = await split()
  const order = plane.place('system.directory.apply', { path: '/srv/app' })
  await start({}, runnerActions)
  await until(() => order.reports.length > 0)
  expect(done).toEqual(['runner'])
  const privilege = userInfo().uid === 0 ? 'root' : 'none'
  expect(plane.heartbeats[0]).toMatchObject({ capabilities: { privilege } })
  expect(logger.entries.filter(({ message }) => message.includes('no executor'))).toHaveLength(1)
})

test('an executor that is not there fails the order, and nothing is done in its place', async () => {
  const { plane, start, done, runnerActions, stateDir } = await split()
  const order = plane.place('system.directory.apply', { path: '/srv/app' })
  await start({ executorSocket: join(stateDir, 'nobody.sock') }, runnerActions)
  await until(() => order.reports.length > 0)
  expect(order.reports[0]).toMatchObject({ ok: false, errors: [{ message: expect.stringContaining('executor') }] })
  expect(done).toEqual([])
})
