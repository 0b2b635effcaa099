export interface Sink {
  write(text: string): void
  /** Resolves when more may be written: false when nobody reads it any longer. */
  ready(): Promise<boolean>
  isTty: boolean
  /** Width of the terminal; null when there is none. */
  columns: number | null
}

/** All that a command may know or touch of the process it runs in. */
export interface Io {
  stdout: Sink
  stderr: Sink
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  home: string
  nodeVersion: string
  /** IANA name in which times of day are shown; undefined for the system's own. */
  timeZone: string | undefined
  now(): number
  /** Ends early, without an error, when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  readStdin(): Promise<string>
  /** Asks a person at a keyboard without showing what is typed; all of standard input where there is none. */
  readHidden(prompt: string): Promise<string>
  /** Calls `handler` at the next Ctrl-C instead of ending the process. Returns how to stop listening. */
  onInterrupt(handler: () => void): () => void
}
