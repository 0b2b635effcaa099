import { type OrderResource, type Report, reportSchema } from '@ikoma/api'
import type { Context } from '../../command-context.ts'
import type { Part } from '../../output.ts'
import { span } from '../../times.ts'
import { diagnosisOf, writeDiagnosis } from './diagnosis.ts'

/** A report as its schema knows it; null for none and for one that an older or other program wrote. */
export function readReport(report: Record<string, unknown> | null): Report | null {
  return reportSchema.safeParse(report).data ?? null
}

const marks = { SUCCESS: '✔', FAILED: '✖', SKIPPED: '○' } as const

/** `out.line` where a report is the data, `out.note` where it is progress. */
export type Write = (...parts: Part[]) => void

export function writeSteps({ steps = [] }: Report, write: Write, context: Context): void {
  for (const { name, status, durationMs, error } of steps) {
    const took = durationMs === undefined ? '' : ` (${span(durationMs, context)})`
    const style = status === 'FAILED' ? 'red' : status === 'SUCCESS' ? 'green' : 'dim'
    write('  ', { text: marks[status], style }, ` ${name}`, { text: took, style: 'dim' })
    if (error) write(`      ${error}`)
  }
}

/** What an order found out: a diagnosis as people read one, the rest as indented names and values. */
export function writeOutput(order: OrderResource, report: Report, context: Context): void {
  const diagnosis = diagnosisOf(order, report)
  if (diagnosis) writeDiagnosis(diagnosis, order, context)
  else for (const line of outline(report.output ?? {}, 1)) context.out.line(line)
}

function outline(value: Record<string, unknown>, depth: number): string[] {
  const indent = '  '.repeat(depth)
  return Object.entries(value).flatMap(([name, inner]) => {
    if (Array.isArray(inner)) return outlineList(name, inner, depth)
    if (!isRecord(inner)) return scalarLines(name, inner, indent)
    return [`${indent}${name}:`, ...outline(inner, depth + 1)]
  })
}

function outlineList(name: string, items: unknown[], depth: number): string[] {
  const indent = '  '.repeat(depth)
  if (!items.some(isRecord)) return [`${indent}${name}: ${items.map(scalar).join(', ')}`]
  const lines = items.map((item) => (isRecord(item) ? Object.values(item).map(scalar).join('  ') : scalar(item)))
  return [`${indent}${name}:`, ...lines.map((line) => `${indent}  - ${line}`)]
}

function scalarLines(name: string, value: unknown, indent: string): string[] {
  const lines = scalar(value).split('\n')
  if (lines.length === 1) return [`${indent}${name}: ${lines[0]}`]
  return [`${indent}${name}:`, ...lines.map((line) => `${indent}  ${line}`)]
}

function scalar(value: unknown): string {
  if (typeof value === 'string') return value
  return value === null || value === undefined ? '-' : JSON.stringify(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
