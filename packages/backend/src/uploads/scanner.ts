import { createReadStream } from 'node:fs'
import { withDeadline } from '@ikoma/kernel'
import type { Log } from '@ikoma/kernel/node'
import NodeClam from 'clamscan'

/** `unknown` is everything but an answer: nobody listens, it takes too long, it says something else. */
export type Finding = 'clean' | 'infected' | 'unknown'

export interface Scanner {
  scan(file: string): Promise<Finding>
}

interface ClamOptions {
  /** Where clamd listens. The file is sent to it: it need not be able to read it. */
  at: { socket: string } | { host: string; port: number }
  log: Log
  timeoutMs?: number
}

/** Asks clamd. It must take files as large as the app does: `StreamMaxLength` in clamd.conf. */
export function createClamScanner({ at, log, timeoutMs = 60_000 }: ClamOptions): Scanner {
  // Another preference than a program: it asks at `at`, and starts nothing.
  const settings = {
    preference: 'none',
    clamscan: { active: false },
    clamdscan: { active: true, bypassTest: true, localFallback: false, timeout: timeoutMs, ...at },
  }
  const late = () => new Error(`clamd did not answer within ${timeoutMs} ms`)
  const ready = new NodeClam().init(settings)
  // Told at each scan.
  ready.catch(() => undefined)
  return {
    async scan(file) {
      const stream = createReadStream(file)
      try {
        const clam = await ready
        // clamd can take a file and say nothing more: the library then waits for good.
        const { isInfected } = await withDeadline(clam.scanStream(stream), timeoutMs, late)
        return findingOf(isInfected)
      } catch (error) {
        log.error({ err: error }, 'clamd did not say whether a file is clean')
        return 'unknown'
      } finally {
        stream.destroy()
      }
    },
  }
}

/** The library answers null where it did not understand, and its callers take that for false. */
export function findingOf(isInfected: unknown): Finding {
  if (isInfected === false) return 'clean'
  return isInfected === true ? 'infected' : 'unknown'
}

/** For a local profile, where nobody else uploads: everything is taken, and that is said. */
export function createTrustingScanner(log: Log): Scanner {
  log.warn('uploads are not scanned for viruses')
  return { scan: async () => 'clean' }
}
