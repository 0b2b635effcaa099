import { callerSchema } from '@ikoma/api'
import { adminActor } from '../access.ts'
import { isoTime } from '../present.ts'
import type { App } from './app.ts'

export function callerRoute(app: App): void {
  app.get(
    '/v1/caller',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['operations'],
        operationId: 'getCaller',
        summary: 'Whose credential this is, and what it may do',
        response: { 200: callerSchema },
      },
    },
    async ({ principal }) => {
      if (principal.kind !== 'person') throw new Error('the route declares access: viewer')
      const { actor, role, endsAt } = principal
      const kind = actor === adminActor ? ('admin-key' as const) : ('token' as const)
      return { kind, actor, role, expiresAt: endsAt === null ? null : isoTime(endsAt) }
    },
  )
}
