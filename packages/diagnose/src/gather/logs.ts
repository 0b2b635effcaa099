import { readLogEnd } from '@ikoma/machine/system'
import { type JournalLine, kernelKills, maxMessageCharacters, readJournal } from '@ikoma/machine/systemd'
import { hasSettled, type LogLine, type Pm2Process } from '../evidence.ts'
import type { Look } from './look.ts'

export interface RawLine {
  source: string
  text: string
  /** Epoch milliseconds; null when the line does not say. */
  at: number | null
}

/** How much is read of each source, and shown of each line. */
export const maxLines = 300
const maxCharacters = 400

export interface LogWindow {
  sinceMs: number
  /** Hides what is secret. */
  redact(text: string): string
}

/** Newest first, without what came before the window, redacted before it is cut: half a secret would still be one. */
export function readable(lines: readonly RawLine[], { sinceMs, redact }: LogWindow): LogLine[] {
  return lines
    .filter(({ at }) => at === null || at >= sinceMs)
    .slice(0, maxLines)
    .map(({ source, text, at }) => ({ source, text: clip(redact(plain(text))), at }))
}

/** When the run began that a process is settled in; what was said before is over. */
export function settledSince(state: Pm2Process, now: number): number {
  return state.upSec !== null && hasSettled(state) ? now - state.upSec * 1000 : 0
}

export async function journalOf(look: Look, unit: string, sinceMs: number): Promise<RawLine[]> {
  return look.at(`log of ${unit}`, [], async () => {
    const since = new Date(sinceMs).toISOString()
    const { lines } = await readJournal(look.host, unit, { lines: maxLines, since, priority: 'debug' })
    return lines.reverse().flatMap((line) => textsOf(line, unit))
  })
}

export async function seeKernelKills(look: Look, sinceMs: number): Promise<RawLine[]> {
  return look.at('kernel log', [], async () => {
    const lines = await kernelKills(look.host, new Date(sinceMs).toISOString())
    return lines.flatMap((line) => textsOf(line, 'kernel'))
  })
}

/** A message may have several lines; the last of a long one was cut, perhaps in the middle of a secret. */
function textsOf({ at, message }: JournalLine, source: string): RawLine[] {
  const texts = message.split('\n')
  const whole = texts.length > 1 && message.length >= maxMessageCharacters ? texts.slice(0, -1) : texts
  return whole.filter((text) => text !== '').map((text) => ({ source, text, at: Date.parse(at) }))
}

/** The end of a log file, newest first; nothing, without a note, where there is none. */
export async function endOfFile(look: Look, path: string, source: string): Promise<RawLine[]> {
  return look.at(path, [], async () => {
    return linesOf((await readLogEnd(look.host, path, maxLines)) ?? [], source)
  })
}

/** Newest first, of lines that are oldest first. */
export function linesOf(lines: readonly string[], source: string): RawLine[] {
  let at: number | null = null
  return lines
    .filter((text) => text.trim() !== '')
    .map((text) => {
      // What follows a line with a time and has none belongs to it.
      at = timeIn(text) ?? at
      return { source, text, at }
    })
    .reverse()
}

/** `2026/11/21 16:20:01` of nginx and `2026-11-21 16:20:01,5` of certbot in local time, ISO 8601 of docker and others. */
function timeIn(text: string): number | null {
  const local = /^(\d{4})[/-](\d\d)[/-](\d\d) (\d\d:\d\d:\d\d)\b/.exec(text)
  const iso = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))/.exec(text)
  const at = local ? Date.parse(`${local[1]}-${local[2]}-${local[3]}T${local[4]}`) : Date.parse(iso?.[1] ?? '')
  return Number.isFinite(at) ? at : null
}

/** What tells the trouble in a line of JSON: not the request, whose headers and query hold credentials. */
function plain(text: string): string {
  const entry = text.startsWith('{') ? parseJson(text) : null
  if (entry === null || !('msg' in entry || 'message' in entry || 'error' in entry)) return withoutRequest(text)
  const of = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value ? { ...value } : {})
  const [err, problem] = [of(entry.err), of(entry.problem)]
  const told = [
    entry.level,
    entry.logger,
    entry.msg ?? entry.message,
    entry.identifier,
    entry.error,
    entry.error_description,
  ]
  const parts = [...told, err.code, err.message, problem.type, problem.detail]
  return parts.filter((part) => ['string', 'number'].includes(typeof part)).join(' ')
}

/** Whether a proxy's line is about this site; lines that name none may be. */
export function isAbout(text: string, domain: string): boolean {
  const entry = text.startsWith('{') ? parseJson(text) : null
  const request = typeof entry?.request === 'object' ? { ...entry.request } : {}
  const named = [entry?.identifier, (request as { host?: unknown }).host, /, host: "([^"]+)"/.exec(text)?.[1]]
  const sites = named.filter((name) => typeof name === 'string').map((name) => name.replace(/:\d+$/, ''))
  return sites.length === 0 || sites.includes(domain)
}

/** nginx tells the whole request, and the query of the upstream's address; JSON that was cut may end in headers. */
function withoutRequest(text: string): string {
  return text
    .replace(/, (?:client|request|referrer): (?:"[^"]*"|[^,]*)/g, '')
    .replace(/\?[^\s"]*"/g, '"')
    .replace(/,?"(?:req|request|res|response|headers|resp_headers)":.*$/s, ' …')
}

function clip(text: string): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters - 1)}…` : text
}

function parseJson(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}
