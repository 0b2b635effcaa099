import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawChart } from './chart.ts'
import type { Figure, Results } from './figures.ts'

export function printTable(figures: Figure[]): void {
  for (const { name, unit, median, min, max } of figures) {
    const range = `[${min.toFixed(2)}-${max.toFixed(2)}]`
    process.stdout.write(`${name.padEnd(28)} ${median.toFixed(2).padStart(10)} ${range.padEnd(24)} ${unit}\n`)
  }
}

const folder = join(import.meta.dirname, 'results')
const file = join(folder, 'latest.json')

/** Figures that this run did not measure stay, and say of which run they are. */
export function saveResults(results: Results): void {
  const names = new Set(results.figures.map(({ name }) => name))
  const kept = earlierFigures().filter(({ name }) => !names.has(name))
  const all = { ...results, figures: [...results.figures, ...kept] }
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`)
  writeFileSync(join(folder, 'latest.svg'), drawChart(all))
}

function earlierFigures(): Figure[] {
  if (!existsSync(file)) return []
  const { figures, machine: _, ...run } = JSON.parse(readFileSync(file, 'utf8')) as Results
  return figures.map((figure) => ({ run, ...figure }))
}
