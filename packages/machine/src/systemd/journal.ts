import { framesOf } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { outputOf, toolFailed } from '../must-run.ts'

export interface JournalRange {
  lines: number
  since?: string | undefined
  until?: string | undefined
  priority: string
  /** What must not be seen in them. */
  secrets?: readonly string[]
}

export interface JournalLine {
  at: string
  priority: number | null
  message: string
}

export const maxMessageCharacters = 4_000

/** The last lines of a unit's log, oldest first. */
export async function readJournal(
  host: Host,
  unit: string,
  { lines, since, until, priority, secrets = [] }: JournalRange,
): Promise<{ lines: JournalLine[]; truncated: boolean }> {
  const range = [`--lines=${lines}`, `--priority=${priority}`]
  if (since !== undefined) range.push(`--since=@${epochSec(since)}`)
  if (until !== undefined) range.push(`--until=@${epochSec(until)}`)
  const stdout = await outputOf(host, { argv: ['journalctl', `--unit=${unit}`, ...output, ...range], secrets })
  const read = journalLines(stdout)
  return { lines: read.lines.reverse(), truncated: read.truncated }
}

/** What the kernel said of processes that it ended for want of memory, newest first. */
export async function kernelKills(host: Host, since: string): Promise<JournalLine[]> {
  const wanted = ['--dmesg', '--grep=out of memory', '--case-sensitive=false', `--since=@${epochSec(since)}`] as const
  const exit = await host.run({ argv: ['journalctl', ...wanted, ...output] })
  // Finding nothing is exit 1, and no word.
  if (exit.code !== 0 && exit.stderr.trim() !== '') throw toolFailed('journalctl', exit)
  return journalLines(exit.stdout).lines
}

/** Newest first: what does not fit any more is then the oldest. */
const output = ['--output=json', '--output-fields=MESSAGE,PRIORITY', '--no-pager', '--quiet', '--reverse']

/** What `--output=json` printed, in its order. */
function journalLines(stdout: string): { lines: JournalLine[]; truncated: boolean } {
  const texts = stdout.split('\n').filter((text) => text !== '')
  const lines = texts.map(journalLine).filter((line) => line !== null)
  return { lines, truncated: lines.length < texts.length }
}

const epochSec = (time: string) => Math.floor(Date.parse(time) / 1000)

/** Null for the last one, where what the program may say was cut. */
function journalLine(text: string): JournalLine | null {
  try {
    const { __REALTIME_TIMESTAMP: at, PRIORITY: priority, MESSAGE: message } = JSON.parse(text)
    return {
      at: new Date(Number(at) / 1000).toISOString(),
      priority: priority === undefined ? null : Number(priority),
      message: messageText(message).split('\n').flatMap(framesOf).join('\n').slice(0, maxMessageCharacters),
    }
  } catch {
    return null
  }
}

/** Bytes that are no UTF-8 come as an array of numbers, a message beyond systemd's own limit as null. */
function messageText(message: unknown): string {
  if (Array.isArray(message)) return Buffer.from(message).toString()
  return typeof message === 'string' ? message : ''
}
