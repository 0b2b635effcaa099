import type { Config } from '../config/index.ts'
import type { BackendAppOptions } from './app.ts'
import { readTrustProxy } from './trust-proxy.ts'

type Configured = 'environment' | 'redisUrl' | 'metricsToken' | 'sentryDsn' | 'corsOrigins' | 'trustProxy'

/** What an app's environment says of its server: REDIS_URL, METRICS_TOKEN, SENTRY_DSN, CORS_ORIGINS, TRUST_PROXY. */
export function configuredHttp(config: Config): Pick<BackendAppOptions, Configured> {
  return {
    environment: config.environment,
    redisUrl: config.findSecret('REDIS_URL'),
    metricsToken: config.findSecret('METRICS_TOKEN'),
    sentryDsn: config.findSecret('SENTRY_DSN'),
    corsOrigins: config.findList('CORS_ORIGINS') ?? [],
    trustProxy: readTrustProxy(config.findText('TRUST_PROXY') ?? ''),
  }
}
