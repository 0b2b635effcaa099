import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { httpFetch } from './http-fetch.ts'

async function setup(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b=c`)
  const aborting = new AbortController()
  const question = { method: 'POST', headers: { 'content-type': 'application/json' }, signal: aborting.signal }
  return { url, question, aborting }
}

test('a question arrives whole, and its answer comes back', async () => {
  const { url, question } = await setup(async (request, response) => {
    const heard = { method: request.method, url: request.url, body: await text(request) }
    response.writeHead(201, { 'Retry-After': '3' }).end(JSON.stringify(heard))
  })
  const answer = await httpFetch(url, { ...question, body: '{"é":1}' })
  expect(answer).toMatchObject({ ok: true, status: 201, statusText: 'Created' })
  expect([answer.headers.get('retry-after'), answer.headers.get('x-none')]).toEqual(['3', null])
  expect(await answer.json()).toEqual({ method: 'POST', url: '/a?b=c', body: '{"é":1}' })
})

test('what is no JSON rejects when it is read', async () => {
  const { url, question } = await setup((_, response) => response.writeHead(502).end('<html>'))
  const answer = await httpFetch(url, question)
  expect(answer.ok).toBe(false)
  await expect(answer.json()).rejects.toThrow(SyntaxError)
})

test('a redirect is not followed', async () => {
  const { url, question } = await setup((_, response) => response.writeHead(302, { location: '/x' }).end())
  await expect(httpFetch(url, question)).rejects.toThrow('redirects to /x')
})

test('an answer without content leaves its connection to the next', async () => {
  const ports = new Set<number | undefined>()
  const { url, question } = await setup((request, response) => {
    ports.add(request.socket.remotePort)
    response.writeHead(204).end()
  })
  for (let count = 0; count < 3; count += 1) {
    await httpFetch(url, question)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(ports.size).toBe(1)
})

test('an abort rejects before the answer and in the middle of it', async () => {
  let begin = false
  const { url, question, aborting } = await setup((_, response) => {
    if (begin) response.writeHead(200).write('{"half":')
  })
  await expect(httpFetch(url, { ...question, signal: AbortSignal.timeout(50) })).rejects.toThrow()
  begin = true
  const answer = await httpFetch(url, question)
  const read = answer.json()
  aborting.abort()
  await expect(read).rejects.toThrow()
})

test('nobody listening rejects', async () => {
  const { question } = await setup(() => {})
  await expect(httpFetch(new URL('http://127.0.0.1:1/'), question)).rejects.toThrow('ECONNREFUSED')
})
