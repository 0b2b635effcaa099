import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runnerProofHeader } from '@ikoma/api'
import { expect, test } from 'vitest'
import { createControlPlaneClient } from './control-plane-client.ts'
import type { Identity } from './identity.ts'

const hour = 3_600_000

test('a machine whose clock is an hour wrong proves its key by the control plane’s time', async () => {
  const local = Date.UTC(2026, 0, 15, 12)
  const proofs: number[] = []
  const server = createServer((request, response) => {
    const at = Number(String(request.headers[runnerProofHeader]).split('.')[0])
    proofs.push(at)
    const serverTime = new Date(local + hour).toISOString()
    const accepted = Math.abs(at - (local + hour)) < 60_000
    response.writeHead(accepted ? 200 : 401, { 'content-type': 'application/json' })
    response.end(JSON.stringify(accepted ? { ok: true, serverTime } : { detail: 'no', reason: 'x', serverTime }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { privateKey } = generateKeyPairSync('ed25519')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const me = { url, runnerId: 'r', token: 't', privateKeyPem: 'pem', privateKey } as unknown as Identity
  const controlPlane = createControlPlaneClient(() => me, { now: () => local })
  await controlPlane.heartbeat({ status: 'ONLINE' })
  await controlPlane.heartbeat({ status: 'ONLINE' })
  expect(proofs).toEqual([local, local + hour, local + hour])
  server.close()
})

test('a credential that is simply wrong is not tried again', async () => {
  let requests = 0
  const server = createServer((_request, response) => {
    requests += 1
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ detail: 'no', reason: 'x', serverTime: new Date().toISOString() }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { privateKey } = generateKeyPairSync('ed25519')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const me = { url, runnerId: 'r', token: 't', privateKeyPem: 'pem', privateKey } as unknown as Identity
  const controlPlane = createControlPlaneClient(() => me, { now: () => Date.now() })
  await expect(controlPlane.heartbeat({ status: 'ONLINE' })).rejects.toMatchObject({ status: 401 })
  expect(requests).toBe(1)
  server.close()
})
