import { Secret } from '@ikoma/kernel'
import type { Config } from './config.ts'

/**
 * Where the database is: DATABASE_URL, or what POSTGRES_HOST, _USER, _PASSWORD and _DB say where the contract has them, as an
 * image of PostgreSQL and its app are given the same. Null where neither is set.
 */
export function databaseAddress(config: Config): string | null {
  const whole = config.knows('DATABASE_URL') ? config.findSecret('DATABASE_URL') : null
  if (whole) return whole.reveal()
  const [host, user, database] = ['POSTGRES_HOST', 'POSTGRES_USER', 'POSTGRES_DB'].map((name) => textOf(config, name))
  const password = config.knows('POSTGRES_PASSWORD') ? config.findSecret('POSTGRES_PASSWORD') : null
  if (!host || !user || !database || !password) return null
  return `postgres://${escaped(user)}:${escaped(password.reveal())}@${host}/${escaped(database)}`
}

/** The same of Redis: REDIS_URL, or REDIS_HOST and REDIS_PASSWORD. */
export function redisAddress(config: Config): Secret | null {
  const whole = config.knows('REDIS_URL') ? config.findSecret('REDIS_URL') : null
  if (whole) return whole
  const host = textOf(config, 'REDIS_HOST')
  const password = config.knows('REDIS_PASSWORD') ? config.findSecret('REDIS_PASSWORD') : null
  return host && password ? new Secret(`redis://:${escaped(password.reveal())}@${host}`) : null
}

function textOf(config: Config, name: string): string | null {
  return config.knows(name) ? config.findText(name) : null
}

/** Any character may be in a password, and `/`, `@`, `:` or `%` would mean something else in an address. */
function escaped(text: string): string {
  return encodeURIComponent(text)
}
