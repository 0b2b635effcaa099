import { mkdirSync, writeFileSync } from 'node:fs'
import { drawChart } from './chart.ts'
import type { Figure, Results } from './figures.ts'

export function printTable(figures: Figure[]): void {
  for (const { name, unit, median, min, max } of figures) {
    const range = `[${min.toFixed(2)}-${max.toFixed(2)}]`
    process.stdout.write(`${name.padEnd(28)} ${median.toFixed(2).padStart(10)} ${range.padEnd(24)} ${unit}\n`)
  }
}

export function saveResults(results: Results): void {
  mkdirSync('bench/results', { recursive: true })
  writeFileSync('bench/results/latest.json', `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync('bench/results/latest.svg', drawChart(results))
}
