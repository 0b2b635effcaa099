import { renewTokenBody, renewTokenReply } from '@ikoma/api'
import { awaitedSince, renewedOverlapMs } from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'
import { callingRunner } from '../access.ts'
import type { Context } from '../context.ts'
import type { App } from './app.ts'

/** A runner whose token was replaced brings its own, while the former one holds. */
export function runnerTokenRoute(app: App, { store, clock, instances }: Context): void {
  app.post(
    '/v1/runner/token',
    {
      config: { access: 'runner' },
      schema: {
        tags: ['runner protocol'],
        operationId: 'renewRunnerToken',
        summary: 'Replace the token by one that the runner made for itself',
        body: renewTokenBody,
        response: { 200: renewTokenReply },
      },
    },
    async (request) => {
      const { id, publicKey } = callingRunner(request)
      if (publicKey === null) {
        // Whoever has its token could take the runner from its owner.
        throw new AppError('forbidden', 'Only a runner that enrolled, and proves its key, brings its own token.', {
          reason: 'not_enrolled',
        })
      }
      const { tokenHash } = request.body
      const runner = await store.findRunner(id)
      if (runner === null || runner.tokenHash === tokenHash) return { ok: true as const }
      const at = clock.now()
      const ends = at + renewedOverlapMs
      const isAwaited = runner.previousTokenHash !== null && (runner.previousTokenExpiresAt ?? 0) > at
      const former = isAwaited
        ? { previousTokenExpiresAt: Math.min(ends, runner.previousTokenExpiresAt ?? ends) }
        : { previousTokenHash: runner.tokenHash, previousTokenExpiresAt: ends }
      const audit = { at, actor: `runner:${id}`, action: 'runner.token_renewed', subject: `runner:${id}`, data: {} }
      const askedAt = awaitedSince(runner.tokenHash)
      await store.updateRunner(id, { tokenHash, ...former }, audit)
      if (askedAt !== null) instances.broughtToken(runner, askedAt, at)
      return { ok: true as const }
    },
  )
}
