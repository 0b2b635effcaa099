import * as z from 'zod'
import { AppError } from '../errors.ts'

/**
 * Reads a configuration from environment variables by a schema whose keys are the variables' names. An empty value
 * counts as unset. Rejects with every problem at once, each with its variable's name and never its value.
 */
export function readEnvironment<S extends z.ZodType>(schema: S, env: Record<string, string | undefined>): z.infer<S> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = schema.safeParse(set)
  if (parsed.success) return parsed.data
  const fields = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'environment', message }))
  throw new AppError('invalid', 'The configuration is not usable.', { reason: 'configuration_invalid', fields })
}

/** `on|off`, `true|false`, `1|0`. */
export const switchVariable = z
  .enum(['on', 'off', 'true', 'false', '1', '0'], 'must be on or off')
  .transform((text) => text === 'on' || text === 'true' || text === '1')

export const portVariable = z.coerce.number('must be a port number').int().min(0).max(65_535)
