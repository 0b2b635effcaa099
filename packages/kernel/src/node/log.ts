import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** A JSON log, one object a line. Fields that hold credentials, as any header may, are never written. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: '[REDACTED]' },
  }
  return destination ? pino(options, destination) : pino(options)
}

const secretNames = ['token', 'password', 'secret', 'key', 'authorization', 'cookie', 'tokenHash', 'adminKey']
const redactedPaths = [...secretNames, ...secretNames.map((name) => `*.${name}`), 'headers', 'req.headers']
