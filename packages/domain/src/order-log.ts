import type { RowFault } from './seal.ts'

export interface LogLine {
  at: number
  stream: 'stdout' | 'stderr' | 'runner'
  text: string
}

/** Lines of one attempt that a runner sent together. `seq` is the runner's own count: the same chunk again is not stored twice. */
export interface LogChunk {
  attempt: number
  seq: number
  lines: LogLine[]
  /** Set by the store when the row is not as it was last written. */
  fault?: RowFault | undefined
}

/** What one order may keep of its output; a runner stops sending at the same bound. */
export const maxLogBytes = 4 * 1024 * 1024

/** Beyond it there is room for a few words of the runner: how much of the output is missing. */
const ownLogBytes = 8 * 1024

/** What the log of an order may have come to with this chunk. */
export function logBound({ lines }: Pick<LogChunk, 'lines'>): number {
  return lines.every(({ stream }) => stream === 'runner') ? maxLogBytes + ownLogBytes : maxLogBytes
}
