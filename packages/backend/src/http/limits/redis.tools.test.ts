import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { setupBackend } from '../testing/backend.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function startRedis(port: number): Promise<ChildProcess> {
  const child = spawn('redis-server', [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ])
  onTestFinished(() => void child.kill('SIGKILL'))
  for await (const line of child.stdout) if (String(line).includes('Ready to accept connections')) break
  child.stdout.resume()
  return child
}

async function setup(url: string, max = 3) {
  const backend = await setupBackend({
    ...{
      environment: 'production',
      drainMs: 0,
      redisUrl: url,
      rateLimit: { max, windowSec: 60 },
      metricsToken: 'of-the-test',
    },
  })
  backend.app.get('/x', { config: { access: 'public' } }, () => ({}))
  const metric = async () => {
    const text = await backend.registry.metrics()
    return {
      up: /^rate_limit_store_up (\d)/m.exec(text)?.[1],
      failures: Number(/^rate_limit_store_failures_total (\d+)/m.exec(text)?.[1]),
    }
  }
  const ask = async () => (await backend.app.inject('/x')).statusCode
  const upAfterOne = async () => {
    await ask()
    return (await metric()).up
  }
  /** Redis counts once the connection stands; what was counted here meanwhile is over. */
  const connected = async () => {
    await expect.poll(upAfterOne, { timeout: 10_000 }).toBe('1')
    backend.clock.at += 61_000
  }
  return { ...backend, ask, metric, connected, upAfterOne }
}

test('processes count together, and no key is left without an end', async () => {
  const port = await freePort()
  await startRedis(port)
  const url = `redis://127.0.0.1:${port}`
  const [one, two] = [await setup(url), await setup(url)]
  await Promise.all([one.connected(), two.connected()])
  const redis = new Redis(url)
  onTestFinished(() => redis.disconnect())
  await redis.flushall()
  expect([await one.ask(), await two.ask(), await one.ask(), await two.ask(), await one.ask()]).toEqual([
    ...[200, 200, 200, 429, 429],
  ])
  const [key = '', ...more] = await redis.keys('*')
  expect([key, more]).toEqual(['limit:all|address 127.0.0.1', []])
  expect(await redis.pttl(key)).toBeGreaterThan(50_000)
  // Somebody has taken its end away: it gets one again.
  await redis.persist(key)
  await one.ask()
  expect(await redis.pttl(key)).toBeGreaterThan(50_000)
})

test('while Redis is away, or silent, requests go on under the limits of one process, soon, and it is told', async () => {
  const port = await freePort()
  const child = await startRedis(port)
  const { ask, connected, metric, clock, redisAnswers, told, upAfterOne } = await setup(`redis://127.0.0.1:${port}`, 50)
  await connected()
  expect(await redisAnswers()).toBe(true)
  const before = told().length
  child.kill('SIGSTOP')
  const began = performance.now()
  const statuses = await Promise.all(Array.from({ length: 60 }, ask))
  // Two hundred milliseconds to find out, and the time that sixty answers take.
  expect(performance.now() - began).toBeLessThan(10_000)
  expect(statuses.filter((status) => status === 200)).toHaveLength(50)
  expect(await metric()).toEqual({ up: '0', failures: expect.any(Number) })
  expect((await metric()).failures).toBeGreaterThanOrEqual(60)
  expect(told().slice(before).split('Redis does not answer')).toHaveLength(2)
  // Known to be silent, it is left alone for a second.
  const again = performance.now()
  for (let n = 0; n < 20; n += 1) expect(await ask()).toBe(429)
  // Each would wait for two hundred milliseconds.
  expect(performance.now() - again).toBeLessThan(3_500)
  expect(await redisAnswers()).toBe(false)
  child.kill('SIGCONT')
  clock.at += 2_000
  await connected()
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
  clock.at += 2_000
  await expect.poll(upAfterOne).toBe('0')
})
