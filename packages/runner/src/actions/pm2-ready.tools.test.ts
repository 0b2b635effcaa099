import { catalogue, type OrderTypeName } from '@ikoma/api'
import { findFreePort } from '@ikoma/machine/testing/http'
import { addFiles } from '@ikoma/machine/testing/tool'
import { expect, test } from 'vitest'
import type { Action } from '../order/action.ts'
import { actionContext } from '../testing/action-context.ts'
import { startForegroundPm2 } from '../testing/foreground-pm2.ts'
import { actions } from './index.ts'

/** An app that listens after some milliseconds, or never; or says why and ends at its start. */
const program = `
const { AFTER, BROKEN, LISTEN_ON, API_TOKEN } = process.env
console.log('release', AFTER)
if (BROKEN) throw new Error('no such database, asked with ' + API_TOKEN)
const { createServer } = require('node:http')
const server = createServer((_, answer) => answer.end('served'))
if (AFTER) setTimeout(() => server.listen(Number(LISTEN_ON), '127.0.0.1'), Number(AFTER))
setInterval(() => {}, 1_000)
`

async function setup() {
  const { place, machine } = await startForegroundPm2()
  addFiles(place, { 'app.cjs': program, 'etc/README': '' })
  const port = await findFreePort()
  const order = (type: OrderTypeName, given: object) => {
    const payload = catalogue[type].payload.parse({ user: 'app', settleSec: 1, ...given })
    return (actions[type] as Action<never>)(payload as never, actionContext({ machine }))
  }
  const apply = (environment: object, ready?: object) => {
    const web = { name: 'web', script: `${place}/app.cjs`, workingDirectory: place, interpreter: process.execPath }
    const variables = { LISTEN_ON: String(port), API_TOKEN: 'battery-staple-9', ...environment }
    return order('service.pm2.apply', { processes: [{ ...web, environment: variables, ready }] })
  }
  const served = async () => (await fetch(`http://127.0.0.1:${port}/`).catch(() => null))?.text() ?? null
  return { port, order, apply, served }
}

test('an order succeeds when the app listens and answers, however late that is', async () => {
  const { port, order, apply, served } = await setup()
  await apply({ AFTER: '3000' }, { port, path: '/', withinSec: 30 })
  expect(await served()).toBe('served')
  await order('service.pm2.restart', { name: 'web', ready: { port, withinSec: 30 } })
  expect(await served()).toBe('served')
})

test('an app that listened before must listen again, though nobody said so', async () => {
  const { port, order, apply, served } = await setup()
  await apply({ AFTER: '0' }, { port })
  await apply({ AFTER: '4000' })
  expect(await served()).toBe('served')
  await order('service.pm2.restart', { name: 'web' })
  expect(await served()).toBe('served')
})

test('one that never listens is refused, and the former runs again', async () => {
  const { port, apply, served } = await setup()
  await apply({ AFTER: '0' }, { port })
  await expect(apply({ AFTER: '' }, { port, withinSec: 2 })).rejects.toMatchObject({
    reason: 'service_not_ready',
    message: expect.stringContaining(`web runs, and does not listen on port ${port} within 2 s. It said:\nrelease `),
  })
  await expect.poll(served).toBe('served')
})

test('one that ends at its start says what it said since then, without what is secret', async () => {
  const { port, apply } = await setup()
  await apply({ AFTER: '0' }, { port })
  const broken = await apply({ BROKEN: '1' }, { port, withinSec: 20 }).catch((error: Error) => error)
  expect(broken).toMatchObject({ reason: 'service_does_not_stay_up' })
  const { message } = broken as Error
  expect(message).toContain('web does not stay up: it is ')
  expect(message).toContain('Error: no such database, asked with [REDACTED]')
  expect(message).toContain('its last run ended with exit code 1')
  expect(message).not.toContain('battery-staple-9')
})
