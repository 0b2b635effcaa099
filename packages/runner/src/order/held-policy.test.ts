import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recordingLogger, temporaryDirectory } from '../testing/setup.ts'
import { HeldPolicy } from './held-policy.ts'

async function setup(content: string | null) {
  const path = join(await temporaryDirectory(), 'policy.json')
  if (content !== null) await writeFile(path, content)
  const logger = recordingLogger()
  const write = (text: string) => writeFile(path, text)
  return { path, logger, write, open: () => HeldPolicy.open(path, logger) }
}

test('a start with a broken file allows nothing', async () => {
  const { open } = await setup('{"scope":["*"]}')
  await expect(open()).rejects.toMatchObject({ reason: 'policy_invalid', message: expect.stringContaining('"scopes"') })
})

test('a file that is broken later leaves the last good one in force, is said once, and told', async () => {
  const { open, write, logger } = await setup('{"scopes":["check"]}')
  const held = await open()
  await write('{"scopes":["*"],"maxTimeout":5}')
  expect([await held.refresh(), await held.refresh()]).toEqual([true, false])
  expect(held.current.types).not.toContain('shell.run')
  expect(held.told()).toMatchObject({ scopes: ['check'], problem: expect.stringContaining('maxTimeout') })
  expect(logger.entries.filter(({ level }) => level === 'error')).toHaveLength(1)
})

test('a file that is corrected counts at once, without a restart', async () => {
  const { open, write } = await setup('{"scopes":["check"]}')
  const held = await open()
  await write('{')
  await held.refresh()
  await write('{"scopes":["shell"]}')
  expect(await held.refresh()).toBe(true)
  expect(held.current.types).toContain('shell.run')
  expect(held.told().problem).toBeUndefined()
})

test('a file that goes away opens nothing: the default policy may allow more than it did', async () => {
  const { open, path } = await setup('{"scopes":["runner"],"packages":[]}')
  const held = await open()
  await rm(path)
  expect(await held.refresh()).toBe(true)
  expect(held.current).toMatchObject({ scopes: ['runner'], packages: [] })
  expect(held.told().problem).toContain('is gone')
})

test('where there never was a file there is nothing to say, and one that comes counts', async () => {
  const { open, write, logger } = await setup(null)
  const held = await open()
  expect(await held.refresh()).toBe(false)
  await write('{"scopes":["shell"]}')
  expect(await held.refresh()).toBe(true)
  expect(logger.entries.map(({ level }) => level)).toEqual(['info'])
})

test('what is told of it is text that the control plane can store, wherever it is cut', async () => {
  const { open, write } = await setup('{}')
  const held = await open()
  await write('{"\\u0000":1}')
  await held.refresh()
  expect(held.told().problem).not.toContain('\0')
  for (const odd of ['', 'x']) {
    await write(JSON.stringify({ [`${odd}${'🚚'.repeat(400)}`]: 1 }))
    await held.refresh()
    expect(held.told().problem?.isWellFormed()).toBe(true)
  }
})

test('whoever looks, an order or the clock, a change rings once', async () => {
  const { open, write } = await setup('{"scopes":["check"]}')
  const held = await open()
  let rung = 0
  held.onNews = () => {
    rung += 1
  }
  await held.latest()
  await write('{"scopes":["shell"]}')
  expect((await held.latest()).scopes).toEqual(['shell'])
  await held.refresh()
  expect(rung).toBe(1)
})
