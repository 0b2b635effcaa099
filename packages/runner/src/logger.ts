type Write = (fields: Record<string, unknown>, message: string) => void

/** The shape of pino, so that a process hands its own logger in. */
export interface Logger {
  debug: Write
  info: Write
  warn: Write
  error: Write
}
