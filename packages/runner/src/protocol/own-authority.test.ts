import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:tls'
import { selfSigned } from '@ikoma/machine/testing/self-signed'
import { expect, onTestFinished, test } from 'vitest'
import { startRunner } from '../start-runner.ts'
import { FakeControlPlane } from '../testing/fake-control-plane.ts'
import { childEnv, recordingLogger, temporaryDirectory, until } from '../testing/setup.ts'
import { enrolRunner } from './enrol.ts'
import { identityPaths, readIdentity, writeIdentity } from './identity.ts'

/** A control plane behind TLS with a certificate that nobody knows. */
async function setup() {
  const plane = await FakeControlPlane.start()
  const { certificate: ca, key } = selfSigned(['localhost'], 2)
  const behind = Number(new URL(plane.url).port)
  const proxy = createServer({ cert: ca, key }, (socket) => {
    const inner = connect(behind, '127.0.0.1')
    socket.on('error', () => inner.destroy()).pipe(inner)
    inner.on('error', () => socket.destroy()).pipe(socket)
  }).on('tlsClientError', () => {})
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => {
    proxy.close()
    await plane.close()
  })
  const url = `https://localhost:${(proxy.address() as AddressInfo).port}`
  const stateDir = await temporaryDirectory()
  return { plane, ca, stateDir, url, enrolment: { url, token: plane.enrolmentToken, stateDir, version: '1.0.0' } }
}

test('a runner believes the authority that it enrolled by, and remembers it', async () => {
  const { plane, ca, stateDir, enrolment } = await setup()
  await enrolRunner({ ...enrolment, ca })
  expect((await readIdentity(stateDir)).ca).toBe(ca)
  const runner = await startRunner({ stateDir, version: '1.0.0', childEnv }, { logger: recordingLogger() })
  onTestFinished(() => runner.stop())
  await until(() => plane.heartbeats.length > 0)
})

test('without it the enrolment fails by its cause, and nothing is kept', async () => {
  const { url, enrolment, stateDir } = await setup()
  await expect(enrolRunner(enrolment)).rejects.toMatchObject({
    message: `No answer from ${url}: its certificate is self-signed, and not known here (DEPTH_ZERO_SELF_SIGNED_CERT).`,
    failure: { kind: 'self_signed' },
  })
  await expect(readFile(identityPaths(stateDir).identity)).rejects.toThrow('ENOENT')
})

test('a runner whose authority is not known any more says so in its log', async () => {
  const { ca, stateDir, enrolment } = await setup()
  await enrolRunner({ ...enrolment, ca })
  await writeIdentity(stateDir, { ca: undefined })
  const logger = recordingLogger()
  const runner = await startRunner({ stateDir, version: '1.0.0', childEnv }, { logger })
  onTestFinished(() => runner.stop())
  await until(() => logger.entries.some(({ fields }) => String(fields.error).includes('self-signed, and not known')))
})
