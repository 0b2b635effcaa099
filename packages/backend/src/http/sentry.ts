import { AppError, hideInValue } from '@ikoma/kernel'
import type { FastifyRequest } from 'fastify'
import { shownError } from './shown-error.ts'

export interface SentryOptions {
  dsn: string
  environment: string
  release: string
}

/** Tells Sentry of errors that nobody expected. */
export interface ErrorReporter {
  report(error: unknown, request: FastifyRequest): void
  close(): Promise<void>
}

const flushMs = 2_000
/** Sentry itself would only print it, whole, and report nothing. */
const dsnForm = /^https?:\/\/\w+(?::\w+)?@[\w.-]+(?::\d{1,5})?(?:\/[\w./-]+)?\/\d+$/
/** What of an event is sent. Whatever else Sentry may gather, such as requests, users and traces of what was done, is not. */
const sent = ['event_id', 'timestamp', 'level', 'platform', 'environment', 'release', 'exception', 'message', 'tags']

/**
 * A client of its own, without Sentry's integrations, which would patch the process and read requests. An error is sent
 * with its stack, the route's pattern and the request's id, and no text in it holds what looks like a secret.
 */
export async function openSentry({ dsn, environment, release }: SentryOptions): Promise<ErrorReporter> {
  if (!dsnForm.test(dsn)) {
    throw new AppError('invalid', 'SENTRY_DSN must be as Sentry shows it: https://<key>@<host>/<project number>.', {
      reason: 'sentry_dsn_invalid',
    })
  }
  const sentry = await import('@sentry/node')
  const client = new sentry.NodeClient({
    ...{ dsn, environment, release, sendClientReports: false, sendDefaultPii: false },
    integrations: [sentry.linkedErrorsIntegration()],
    transport: sentry.makeNodeTransport,
    stackParser: sentry.defaultStackParser,
    beforeSend: (event) => {
      const kept = Object.entries(event).filter(([name]) => sent.includes(name))
      return { type: undefined, ...(hideInValue(Object.fromEntries(kept)) as object) }
    },
  })
  client.init()
  return {
    report(error, request) {
      const scope = new sentry.Scope()
      scope.setTags({
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        request_id: request.id,
      })
      const shown = shownError(error)
      // Its causes are told of this one alone.
      client.captureException(shown, { originalException: shown }, scope)
    },
    async close() {
      await client.close(flushMs)
    },
  }
}
