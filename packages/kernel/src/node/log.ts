import { type Bindings, type ChildLoggerOptions, type DestinationStream, type Logger, pino } from 'pino'
import { AppError } from '../errors.ts'
import { hideInValue, hideSecrets, secretMask } from '../hide-secrets.ts'

export type Log = Logger

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/**
 * A JSON log, one object a line. Fields that hold credentials, as any header may, are never written, and every text is
 * without what looks like one: messages, errors with their stacks, and what a child was given.
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => shown(fields),
    },
    hooks: {
      logMethod(this: Logger, [first, ...rest]: Parameters<pino.LogFn>, write: pino.LogFn) {
        const fields =
          first instanceof Error ? [{ err: first }, ...(rest.length > 0 ? rest : [first.message])] : [first, ...rest]
        write.apply(this, fields.map((part) => (typeof part === 'string' ? hideSecrets(part) : part)) as [string])
      },
    },
  }
  const log = destination ? pino(options, destination) : pino(options)
  const child = log.child as unknown as (this: Logger, fields: Bindings, more?: ChildLoggerOptions) => Logger
  // pino writes what a child is given as it is. Children have this from their parent.
  log.child = function (this: Logger, fields: Bindings, more?: ChildLoggerOptions) {
    return child.call(this, shown(fields), more)
  } as unknown as typeof log.child
  return log
}

function shown(fields: Record<string, unknown>): Record<string, unknown> {
  return hideInValue(described(fields)) as Record<string, unknown>
}

/** An error as JSON would not tell it, with its stack and its causes; headers, of which any may be a credential, not at all. */
function described(value: unknown, depth = 0): unknown {
  if (value instanceof AppError && value.code === 'unavailable') return shortly(value)
  if (value instanceof Error) return pino.stdSerializers.err(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > 4) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  const entries = Object.entries(value).map(([name, item]) => [
    name,
    isHeaders(name) ? secretMask : described(item, depth + 1),
  ])
  return Object.fromEntries(entries)
}

/** What does not answer is no mistake of the code that asked: of an outage every stack is the same, and there are thousands. */
function shortly({ reason, message, cause }: AppError): Record<string, unknown> {
  return { type: 'AppError', reason, detail: message, ...(cause instanceof Error ? { cause: cause.message } : {}) }
}

function isHeaders(name: string): boolean {
  return /^(?:raw)?headers$/i.test(name)
}
