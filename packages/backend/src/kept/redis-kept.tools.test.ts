import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { RedisKept } from './redis-kept.ts'

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
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', options)
  onTestFinished(() => void child.kill('SIGKILL'))
  for await (const line of child.stdout) if (String(line).includes('Ready to accept connections')) break
  child.stdout.resume()
  return child
}

function open(port: number) {
  const clock = { at: 0, now: () => clock.at }
  const kept = new RedisKept({ url: `redis://127.0.0.1:${port}`, clock })
  onTestFinished(() => kept.close())
  return { kept, clock }
}

test('processes share what is kept, which has an end, and is gone when Redis is emptied', async () => {
  const port = await freePort()
  await startRedis(port)
  const [{ kept: one }, { kept: two }] = [open(port), open(port)]
  await expect.poll(() => one.set('a', 'x').then(() => two.get('a')), { timeout: 10_000 }).toBe('x')
  const redis = new Redis(`redis://127.0.0.1:${port}`)
  onTestFinished(() => redis.disconnect())
  expect(await redis.pttl('kept:a')).toBeGreaterThan(200_000)
  await redis.flushall()
  expect(await two.get('a')).toBeNull()
})

test('while Redis is silent nothing is kept, soon, and it is left alone for a second', async () => {
  const port = await freePort()
  const child = await startRedis(port)
  const { kept, clock } = open(port)
  await expect.poll(() => kept.set('a', 'x').then(() => kept.get('a')), { timeout: 10_000 }).toBe('x')
  child.kill('SIGSTOP')
  expect(await kept.get('a')).toBeNull()
  const began = performance.now()
  for (let n = 0; n < 20; n += 1) expect(await kept.get('a')).toBeNull()
  // Each would wait for a tenth of a second.
  expect(performance.now() - began).toBeLessThan(1_000)
  child.kill('SIGCONT')
  clock.at += 2_000
  await expect.poll(() => kept.get('a'), { timeout: 10_000 }).toBe('x')
})
