import type { Results } from './figures.ts'

interface Bar {
  figure: string
  label: string
  ours: boolean
}

/** What the README shows: the full life of an order, ours and the peers', on one scale. */
const bars: Bar[] = [
  { figure: 'life.memory', label: 'IKOMA over HTTP, no storage (ceiling)', ours: true },
  { figure: 'life.sqlite', label: 'IKOMA over HTTP, SQLite', ours: true },
  { figure: 'life.postgres', label: 'IKOMA over HTTP, PostgreSQL', ours: true },
  { figure: 'exchange.sqlite', label: 'IKOMA exchange (10), SQLite', ours: true },
  { figure: 'exchange.postgres', label: 'IKOMA exchange (10), PostgreSQL', ours: true },
  { figure: 'peer.pgboss.http', label: 'pg-boss behind the same HTTP', ours: false },
  { figure: 'peer.graphile.plain', label: 'graphile-worker, in process, no HTTP', ours: false },
  { figure: 'peer.bullmq.aof', label: 'BullMQ, appendfsync always, no HTTP', ours: false },
]

const width = 760
const rowHeight = 30
const labelWidth = 270
const colours = { ours: '#1d4ed8', peer: '#9ca3af', text: '#374151' }

/** A bar chart as SVG, legible on light and dark pages. */
export function drawChart({ figures, machine, ...latest }: Results): string {
  const rows = bars.flatMap((bar) => {
    const figure = figures.find(({ name }) => name === bar.figure)
    return figure ? [{ ...bar, ...figure }] : []
  })
  const most = Math.max(...rows.map(({ max }) => max))
  // The bars may be of an earlier run than the latest figures.
  const { at, commit } = rows[0]?.run ?? latest
  const scale = (value: number) => (value / most) * (width - labelWidth - 80)
  const height = rows.length * rowHeight + 62
  const drawn = rows.map(({ label, ours, median, min, max }, index) => {
    const y = 34 + index * rowHeight
    const x = labelWidth
    return `  <text x="${x - 8}" y="${y + 15}" text-anchor="end">${label}</text>
  <rect x="${x}" y="${y}" width="${scale(median).toFixed(1)}" height="20" rx="2" fill="${ours ? colours.ours : colours.peer}"/>
  <path d="M${(x + scale(min)).toFixed(1)} ${y + 10}H${(x + scale(max)).toFixed(1)}" stroke="#111827" stroke-width="2"/>
  <text x="${(x + scale(max) + 6).toFixed(1)}" y="${y + 15}">${Math.round(median).toLocaleString('en')}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="${colours.text}">
  <rect width="100%" height="100%" fill="#ffffff"/>
  <text x="12" y="20" font-weight="bold">Orders a second, create to completion: median of interleaved rounds, line from least to most</text>
${drawn.join('\n')}
  <text x="12" y="${height - 10}" font-size="11">${machine.cpus} cores shared with the load generator, Node ${machine.node}, every step durable. ${at.slice(0, 10)}, ${commit.slice(0, 7)}</text>
</svg>
`
}
