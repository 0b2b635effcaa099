import { framesOf } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { mustRun } from '../must-run.ts'
import type { Container } from './docker.ts'

export interface LogRange {
  lines: number
  since?: string | undefined
  until?: string | undefined
  /** What must not be seen in them: `projectSecrets` knows. */
  secrets: readonly string[]
}

export interface ContainerLine {
  at: string
  service: string
  message: string
}

const maxMessageCharacters = 4_000
/** Just below what a program may say: more was cut. */
const cutCharacters = 250_000

/** The last lines that containers wrote, in the order of time. */
export async function readContainerLogs(
  host: Host,
  containers: readonly Container[],
  range: LogRange,
): Promise<{ lines: ContainerLine[]; truncated: boolean }> {
  const all: ContainerLine[] = []
  let truncated = false
  for (const container of containers) {
    const read = await lastLines(host, container, range)
    truncated ||= read.truncated
    all.push(...read.texts.flatMap((text) => linesIn(text, container)))
  }
  all.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)))
  return { lines: all.slice(-range.lines), truncated }
}

/** What does not fit is at the end, which is the newest: then fewer are asked for. */
async function lastLines(host: Host, { id }: Container, { lines, since, until, secrets }: LogRange) {
  const times = [...(since ? [`--since=${utc(since)}`] : []), ...(until ? [`--until=${utc(until)}`] : [])]
  for (let tail = lines; ; tail = Math.floor(tail / 2)) {
    const argv = ['docker', 'logs', '--timestamps', `--tail=${tail}`, ...times, '--', id] as const
    const { code, stdout, stderr } = await host.run({ argv, secrets })
    if (code !== 0) await mustRun(host, { argv, secrets })
    const fits = stdout.length < cutCharacters && stderr.length < cutCharacters
    const texts = `${stdout}\n${stderr}`.split('\n').filter((text) => text !== '')
    if (fits || tail <= 1) return { texts, truncated: tail < lines }
  }
}

const utc = (time: string) => new Date(time).toISOString()

/** `2026-11-21T16:20:01.123456789Z the message` */
function linesIn(text: string, { service }: Container): ContainerLine[] {
  const end = text.indexOf(' ')
  const [at, message] = end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)]
  return framesOf(message).map((frame) => ({ at, service, message: frame.slice(0, maxMessageCharacters) }))
}
