import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { catalogue, type OrderTypeName } from '@ikoma/api'
import { findFreePort } from '@ikoma/machine/testing/http'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Action } from '../order/action.ts'
import { actionContext } from '../testing/action-context.ts'
import { foregroundDocker } from '../testing/foreground-docker.ts'
import { actions } from './index.ts'

// Version 1 of compose takes seconds for each of its calls, on a machine that does other things too.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const image = `ikoma-ready-${process.pid}:1`
const { machine, docker } = foregroundDocker(image)

/** An app that answers after some milliseconds, or never; or says why and ends at its start. */
const program = `
const { AFTER, BROKEN, API_TOKEN } = process.env
console.log('release', AFTER)
if (BROKEN) throw new Error('no such database, asked with ' + API_TOKEN)
const { createServer } = require('node:http')
const server = createServer((_, answer) => answer.end('served'))
if (AFTER) setTimeout(() => server.listen(80), Number(AFTER))
process.on('SIGTERM', () => process.exit())
setInterval(() => {}, 1_000)
`

async function setup() {
  const directory = mkdtempSync('/srv/ikoma-ready-')
  const name = directory.slice('/srv/'.length).toLowerCase()
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const port = await findFreePort()
  const host = await machine()
  const order = (type: OrderTypeName, given: object = {}) => {
    const payload = catalogue[type].payload.parse({ name, directory, ...given })
    return (actions[type] as Action<never>)(payload as never, actionContext({ machine: host }))
  }
  onTestFinished(async () => void (await order('service.compose.down')))
  const up = (environment: object, given: object = {}, restart = 'no') => {
    const service = {
      restart,
      ...{ image, command: [process.execPath, '-e', program.replaceAll('$', '$$$$')], ports: [`127.0.0.1:${port}:80`] },
      environment: { API_TOKEN: 'battery-staple-9', ...environment },
    }
    writeFileSync(`${directory}/docker-compose.yml`, JSON.stringify({ version: '3.8', services: { web: service } }))
    return order('service.compose.up', { settleSec: 1, ...given })
  }
  const served = async () => (await fetch(`http://127.0.0.1:${port}/`).catch(() => null))?.text() ?? null
  const names = () =>
    docker('ps', '--all', '--format', '{{.Names}}')
      .split('\n')
      .filter((each) => each.startsWith(name))
  return { name, port, order, up, served, names }
}

test('an order succeeds when the app answers, though Docker itself listens long before', async () => {
  const { port, order, up, served } = await setup()
  const ready = { port, path: '/', withinSec: 30 }
  await up({ AFTER: '5000' }, { ready })
  expect(await served()).toBe('served')
  expect(await up({ AFTER: '5000' }, { ready })).toMatchObject({ output: { changed: false } })
  await order('service.compose.restart', { settleSec: 1, ready })
  expect(await served()).toBe('served')
})

test('one that never answers is refused with its last words, and what was not there before is gone', async () => {
  const { name, port, up, names } = await setup()
  await expect(up({ AFTER: '' }, { ready: { port, path: '/', withinSec: 2 } })).rejects.toMatchObject({
    reason: 'service_not_ready',
    message: expect.stringMatching(
      new RegExp(`^${name} runs, and does not answer / on port ${port} within 2 s. It said:\nrelease \nMore: `),
    ),
  })
  expect(names()).toEqual([])
})

test('one that never answers is refused again by the same order, where a former one ran', async () => {
  const { port, up, names } = await setup()
  await up({ AFTER: '1' }, { ready: { port, path: '/', withinSec: 30 } })
  const again = () => up({ AFTER: '' }, { ready: { port, path: '/', withinSec: 1 } })
  await expect(again()).rejects.toMatchObject({ reason: 'service_not_ready' })
  // The former file is not known: what runs stays, and no order of it succeeds.
  expect(names()).toHaveLength(1)
  await expect(again()).rejects.toMatchObject({ reason: 'service_not_ready' })
})

test.each(['no', 'always'])('one that ends at its start says why, with restart %s', async (restart) => {
  const { up } = await setup()
  const broken = await up({ BROKEN: '1' }, { settleSec: 2 }, restart).catch((error: Error) => error)
  expect(broken).toMatchObject({ reason: 'service_does_not_stay_up' })
  const { message } = broken as Error
  expect(message).toContain('Error: no such database, asked with [REDACTED]')
  expect(message).not.toContain('battery-staple-9')
})
