import { type Report, reportBounds, reportSchema } from '@ikoma/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitReport, leastReport } from './fit-report.ts'

const done: Report = { version: 'v2', ok: true, outcome: 'succeeded', summary: 'Done.' }

function nested(depth: number): Record<string, unknown> {
  let value: Record<string, unknown> = { end: 1 }
  for (let level = 0; level < depth; level += 1) value = { a: value }
  return value
}

describe('a report', () => {
  it('that fits is told as it is', () => {
    const report = { ...done, output: { lines: ['a', 'b'] }, errors: [{ code: 'c', message: 'm' }] }
    expect(fitReport(report)).toEqual(report)
  })

  it.each<[string, Partial<Report>]>([
    ['output', { output: { text: 'x'.repeat(2_000_000) } }],
    ['output', { output: nested(5_000) }],
    ['output', { output: Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`key-${at}`, at])) }],
    ['output', { output: { list: Array.from({ length: 100_000 }, () => ({ path: '/a', size: 1 })) } }],
    ['artifacts', { artifacts: { text: '\u0001'.repeat(40_000) } }],
    ['steps', { steps: Array.from({ length: 300 }, () => ({ name: 'n', status: 'FAILED', error: 'e'.repeat(4000) })) }],
    ['errors', { errors: Array.from({ length: 80 }, () => ({ code: 'c', message: '€'.repeat(4000) })) }],
  ])('is cut to its bound of %s, says so, and is then taken', (part, more) => {
    const fitted = fitReport({ ...done, ...more })
    expect(reportSchema.safeParse(fitted).error).toBeUndefined()
    expect(fitted).toMatchObject({ ok: true, outcome: 'succeeded', cut: [part] })
    expect(fitted.summary).toBe(`Done. [too large, so cut: ${part}]`)
    expect(Object.keys(fitted[part as keyof Report] ?? {}).length, 'something is left').toBeGreaterThan(0)
  })

  it('has a summary of no more than its bound, and as much as that', () => {
    expect(fitReport({ ...done, summary: 'x'.repeat(9_000) }).summary).toHaveLength(reportBounds.summary)
  })

  it('whose parts are too large together loses what tells least', () => {
    const text = (bytes: number) => 'x'.repeat(bytes)
    const report = {
      ...done,
      artifacts: { text: text(reportBounds.artifacts.bytes - 100) },
      output: { text: text(reportBounds.output.bytes - 100) },
      steps: Array.from({ length: 15 }, () => ({ name: 'n', status: 'FAILED' as const, error: text(4000) })),
      errors: Array.from({ length: 15 }, () => ({ code: 'c', message: text(4000) })),
    }
    const fitted = fitReport(report)
    expect(reportSchema.safeParse(fitted).error).toBeUndefined()
    expect(fitted.cut).toEqual(['artifacts'])
    expect(fitted.output).toEqual(report.output)
  })

  it('is taken whatever is in it (property)', () => {
    const value = fc.object({ maxDepth: 6, maxKeys: 20 })
    const large = fc.record({ text: fc.string({ unit: 'binary', minLength: 0, maxLength: 60_000 }), value })
    const property = fc.property(large, large, fc.string({ maxLength: 5_000 }), (output, artifacts, summary) => {
      const plain = JSON.parse(JSON.stringify({ output, artifacts }))
      expect(reportSchema.safeParse(fitReport({ ...done, summary, ...plain })).error).toBeUndefined()
    })
    fc.assert(property, { numRuns: 15 })
  })

  it('that was refused all the same keeps that it ended, and how', () => {
    const finishedAt = '2026-01-15T12:00:00.000Z'
    const report: Report = { ...done, ok: false, outcome: 'timed_out', retryable: false, output: { a: 1 }, finishedAt }
    const least = leastReport(report, 'x'.repeat(9_000))
    expect(least.finishedAt).toBe(finishedAt)
    expect(leastReport(done, 'no')).not.toHaveProperty('finishedAt')
    expect(reportSchema.safeParse(least).error).toBeUndefined()
    expect(least).toMatchObject({ ok: false, outcome: 'timed_out', retryable: false, cut: ['all'] })
  })
})
