import { expect, test } from 'vitest'
import { SimulatedHost, type Tool } from '../testing/simulated-host.ts'
import { install, refreshLists, transact } from './apt.ts'

const lists =
  'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (apt-get)\nE: Unable to lock directory /var/lib/apt/lists/'
const archives = 'E: Could not get lock /var/cache/apt/archives/lock. It is held by process 812 (apt-get)'

/** A machine whose apt-get says these one after the other, and then succeeds; and how long it was waited. */
function saying(...said: string[]) {
  const waited: string[] = []
  const aptGet: Tool = () => {
    const next = said.shift()
    return next === undefined ? {} : { code: 100, stderr: next }
  }
  const sleep: Tool = ({ args }) => {
    waited.push(args[0] ?? '')
    return {}
  }
  return { host: new SimulatedHost({ tools: { 'apt-get': aptGet, sleep } }), waited }
}

const reasonOf = (asked: Promise<unknown>) =>
  asked.then(
    () => 'none',
    ({ code, reason, message }: { code: string; reason: string; message: string }) => ({ code, reason, message }),
  )

test.each([
  ['lists', lists],
  ['archives', archives],
])('the lock of the %s is waited for', async (_, said) => {
  const { host, waited } = saying(said, said)
  await refreshLists(host)
  expect(waited).toEqual(['3', '3'])
})

test('not for ever, and then it may pass the next time', async () => {
  const { host, waited } = saying(...Array.from({ length: 100 }, () => lists))
  expect(await reasonOf(refreshLists(host))).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('812'),
  })
  expect(waited.length).toBe(40)
})

test('the lock that apt waits for by itself is not waited for twice', async () => {
  const { host, waited } = saying('E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (apt)')
  expect(await reasonOf(refreshLists(host))).toMatchObject({ code: 'unavailable' })
  expect(waited).toEqual([])
})

const failing = `dpkg: error processing package shop (--configure):
 installed shop package post-installation script subprocess returned error exit status 1
Errors were encountered while processing:
 shop
E: Sub-process /usr/bin/dpkg returned an error code (1)`

test('a script of a package that fails is named, and will not pass by itself', async () => {
  const { host } = saying(failing)
  expect(await reasonOf(transact(host, install, ['shop']))).toMatchObject({
    code: 'unprocessable',
    reason: 'package_script_failed',
    message: expect.stringContaining('The post-installation script of shop failed'),
  })
})

test.each([
  ['a full disk', `cannot copy: No space left on device\n${failing}`],
  ['a script that was killed', failing.replace('returned error exit status 1', 'was killed by signal (Killed)')],
  ['a repository that is away', 'E: Failed to fetch http://deb.debian.org/x  503  Service Unavailable'],
])('%s may be over the next time', async (_, said) => {
  const { host } = saying(said)
  expect(await reasonOf(transact(host, install, ['shop']))).toMatchObject({
    code: 'unavailable',
    reason: 'tool_failed',
  })
})
