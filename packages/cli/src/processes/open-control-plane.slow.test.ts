import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@ikoma/store/testing'
import { expect, onTestFinished, test } from 'vitest'
import { readControlPlaneConfig } from './config.ts'
import { openControlPlane } from './open-control-plane.ts'

test('a control plane that starts before its database waits for it, and is ready when it is there', async () => {
  const server = await startPostgres()
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-waiting-'))
  onTestFinished(async () => {
    rmSync(folder, { recursive: true })
    await server.stop()
  })
  await server.kill()
  const env = {
    DATABASE_URL: `${server.url}/postgres`,
    DB_PATH: join(folder, 'ikoma.db'),
    PORT: '0',
    LOG_LEVEL: 'silent',
  }
  const opening = openControlPlane(readControlPlaneConfig(env, folder))
  let isOpen = false
  opening.then(() => {
    isOpen = true
  })
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect(isOpen).toBe(false)
  await server.restart()
  const controlPlane = await opening
  expect((await fetch(`${controlPlane.url}/readyz`)).status).toBe(200)
  await controlPlane.close()
}, 60_000)

test('what does not pass by itself is refused at once, by its cause', async () => {
  const server = await startPostgres()
  onTestFinished(() => server.stop())
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-waiting-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const env = {
    DATABASE_URL: `${server.url}/nowhere`,
    DB_PATH: join(folder, 'ikoma.db'),
    PORT: '0',
    LOG_LEVEL: 'silent',
  }
  await expect(openControlPlane(readControlPlaneConfig(env, folder))).rejects.toMatchObject({
    ...{ reason: 'store_no_database', message: expect.stringContaining('Create it') },
  })
}, 60_000)
