import { enrolBody, enrolledSchema, enrolProofText } from '@ikoma/api'
import { tokenPrefix } from '@ikoma/domain'
import { AppError, newId } from '@ikoma/kernel'
import { hashToken, isToken, newToken, verifySignature } from '@ikoma/kernel/node'
import type { Context } from '../context.ts'
import type { App } from './app.ts'

export function runnerEnrolRoute(app: App, { store, clock, keyring, log }: Context): void {
  app.post(
    '/v1/runner/enrol',
    {
      config: { access: 'public' },
      schema: {
        tags: ['runner protocol'],
        summary: 'Redeem an enrolment token: the machine brings its own key and receives its id and token',
        body: enrolBody,
        response: { 201: enrolledSchema },
      },
    },
    async (request, reply) => {
      const { token, publicKey, sealKeys = [], proof, name = null, version = null, capabilities = {} } = request.body
      const [sealKey = null, runnerSealKey = null] = sealKeys
      if (!isToken(token, tokenPrefix.enrolment)) {
        throw new AppError('unauthorized', 'This is not an enrolment token. Copy the whole line again.', {
          reason: 'enrolment_invalid',
        })
      }
      if (!verifySignature(publicKey, Buffer.from(enrolProofText(token, sealKeys)), proof)) {
        throw new AppError('unauthorized', 'The proof was not made with this public key.', { reason: 'proof_invalid' })
      }
      const runnerToken = newToken(tokenPrefix.runner)
      const keys = { publicKey, sealKey, runnerSealKey }
      const identity = { id: newId(), tokenHash: hashToken(runnerToken), ...keys, version, capabilities, name }
      const runner = await store.redeemEnrolment(hashToken(token), identity, clock.now())
      log.info({ runnerId: runner.id, name: runner.name, from: request.ip }, 'a runner enrolled')
      const { id: runnerId, serverId, scopes, concurrency } = runner
      const controlPlaneKey = keyring.verifyKey
      return reply
        .code(201)
        .send({ runnerId, name: runner.name, token: runnerToken, serverId, scopes, concurrency, controlPlaneKey })
    },
  )
}
