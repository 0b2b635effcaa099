import { type CatalogueEntry, catalogue, type OrderTypeName, type PayloadInputOf } from '@ikoma/api'
import type { Evidence, LogLine } from './evidence.ts'
import type { Finding, Mend, Words } from './finding.ts'

/** One way in which things go wrong, and how it shows. Pure: the evidence is all it knows. */
export interface Rule {
  /** Unique, in snake_case, such as `port_taken`. */
  name: string
  /** Rules whose findings follow from this one's. */
  explains: readonly string[]
  /** What it recognises in logs, where it does. */
  patterns?: readonly RegExp[]
  find(evidence: Evidence): Finding | null
}

/** What a rule says about the newest log line that it recognises. */
export interface LogMatch {
  groups: Readonly<Record<string, string>>
  line: LogLine
  evidence: Evidence
}

interface LogRule {
  name: string
  /** Any of them; named groups are handed on. */
  patterns: readonly RegExp[]
  explains?: readonly string[]
  symptom: Words
  cause: (match: LogMatch) => Words
  mend: (match: LogMatch) => Mend
  /** Whether what the log says is over. */
  isOver?: (match: LogMatch) => boolean
}

/** A rule for a trouble that programs put into words. */
export function logRule({ name, patterns, explains = [], symptom, cause, mend, isOver = () => false }: LogRule): Rule {
  return {
    name,
    explains,
    patterns,
    find(evidence) {
      const matches = matchLogs(evidence, patterns).filter((match) => !isOver(match))
      const [first] = matches
      if (!first) return null
      const lines = matches.map(({ line }) => line)
      return {
        symptom,
        cause: cause(first),
        confidence: 'likely',
        evidence: shown(lines),
        mend: mend(first),
        at: newestOf(lines),
      }
    },
  }
}

export function matchLogs(evidence: Evidence, patterns: readonly RegExp[]): LogMatch[] {
  return evidence.logs.flatMap((line) => {
    const found = patterns.map((pattern) => pattern.exec(line.text)).find((match) => match !== null)
    return found ? [{ groups: definedGroups(found.groups), line, evidence }] : []
  })
}

/** When the newest of these was said. */
export function newestOf(lines: readonly LogLine[]): number | null {
  const times = lines.flatMap(({ at }) => at ?? [])
  return times.length === 0 ? null : Math.max(...times)
}

const maxLines = 3

/** Log lines as evidence: the newest few, each told once. */
export function shown(lines: readonly LogLine[]): string[] {
  return [...new Set(lines.map(({ source, text }) => `${source}: ${text}`))].slice(0, maxLines)
}

export function advise(en: string, fr: string): Mend {
  return { advice: { en, fr }, order: null }
}

/** An order, where the catalogue takes it; elsewhere the command that does the same, when there is one. */
export function place<T extends OrderTypeName>(
  type: T,
  payload: PayloadInputOf<T>,
  advice: Words,
  command?: string,
): Mend {
  const { payload: schema }: CatalogueEntry = catalogue[type]
  if (schema.safeParse(payload).success) return { advice, order: { type, payload: { ...payload } } }
  return command === undefined ? { advice, order: null } : byCommand(advice, command)
}

export function byCommand({ en, fr }: Words, command: string): Mend {
  return { advice: { en: `${en} Command: ${command}`, fr: `${fr} Commande : ${command}` }, order: null }
}

function definedGroups(groups: RegExpExecArray['groups']): Record<string, string> {
  return Object.fromEntries(Object.entries(groups ?? {}).filter(([, value]) => value !== undefined))
}
