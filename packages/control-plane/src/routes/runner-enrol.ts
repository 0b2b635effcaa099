import { enrolBody, enrolledSchema, formerEnrolProofText } from '@ikoma/api'
import { tokenPrefix } from '@ikoma/domain'
import { AppError, newId } from '@ikoma/kernel'
import { hashToken, isToken, newToken, verifySignature } from '@ikoma/kernel/node'
import type { FastifyRequest } from 'fastify'
import type * as z from 'zod'
import type { Context } from '../context.ts'
import { proofNeeded, refuseAlteredBody } from '../proofs.ts'
import type { App } from './app.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answers carry a nonce, as all to runners do. */
    nonce?: boolean
  }
}

export function runnerEnrolRoute(app: App, { store, clock, keyring, log, access }: Context): void {
  app.post(
    '/v1/runner/enrol',
    {
      config: { access: 'public', boundsItself: true, nonce: true },
      schema: {
        tags: ['runner protocol'],
        operationId: 'enrolRunner',
        summary: 'Redeem an enrolment token: the machine brings its own key and receives its id and token',
        body: enrolBody,
        response: { 201: enrolledSchema },
      },
    },
    async (request, reply) => {
      const { token, publicKey, sealKeys = [], name = null, version = null, capabilities = {} } = request.body
      const [sealKey = null, runnerSealKey = null] = sealKeys
      const refused = (error: unknown) =>
        error instanceof AppError && error.code === 'unauthorized' ? access.refusal(request, 'enrolment', error) : error
      if (!isToken(token, tokenPrefix.enrolment)) {
        throw refused(
          new AppError('unauthorized', 'This is not an enrolment token. Copy the whole line again.', {
            reason: 'enrolment_invalid',
          }),
        )
      }
      await refuseUnproven(request).catch((error) => {
        throw error instanceof AppError && error.reason === 'proof_needed' ? error : refused(error)
      })
      const runnerToken = newToken(tokenPrefix.runner)
      const keys = { publicKey, sealKey, runnerSealKey }
      const identity = { id: newId(), tokenHash: hashToken(runnerToken), ...keys, version, capabilities, name }
      const runner = await store.redeemEnrolment(hashToken(token), identity, clock.now()).catch((error) => {
        throw refused(error)
      })
      log.info({ runnerId: runner.id, name: runner.name, from: request.ip }, 'a runner enrolled')
      const { id: runnerId, serverId, scopes, concurrency } = runner
      const controlPlaneKey = keyring.verifyKey
      return reply
        .code(201)
        .send({ runnerId, name: runner.name, token: runnerToken, serverId, scopes, concurrency, controlPlaneKey })
    },
  )

  /** The machine holds the key that it brings, and has signed this very request with it. */
  async function refuseUnproven(request: FastifyRequest<{ Body: z.infer<typeof enrolBody> }>): Promise<void> {
    const { token, publicKey, sealKeys, proof } = request.body
    const verdict = await access.proofs.examine(request, publicKey, '')
    if (verdict === 'good') return refuseAlteredBody(request)
    // The former proof says nothing of keys for secrets, which that version had none of.
    const former = verdict === 'nonce' && proof !== undefined && sealKeys === undefined
    // It may enrol, and is told by name to update when it asks for orders.
    if (former && verifySignature(publicKey, Buffer.from(formerEnrolProofText(token)), proof)) return
    if (verdict === 'nonce' && !former) throw proofNeeded(clock.now())
    throw new AppError('unauthorized', 'The proof was not made with this public key.', { reason: 'proof_invalid' })
  }
}
