import { type CatalogueEntry, catalogue } from '@ikoma/api'
import type { OrderTypeCase } from './order-type-case.ts'

const columns = [
  'Order type',
  'What it does',
  'Plan',
  'Apply',
  'Apply again',
  'Bad payload',
  'Missing privilege',
  'Tool absent',
  'Killed half-way',
  'Canceled',
]

/** The page for people: every order type of the list and what it does in each situation that its case puts it in. */
export function orderTypeTable(cases: readonly OrderTypeCase[]): string {
  const rows = Object.values<CatalogueEntry>(catalogue).flatMap((entry) => {
    const own = cases.filter(({ type }) => type === entry.type)
    return own.length === 0 ? [] : [row(entry, own)]
  })
  return `# Order types, and what each does when things go wrong

Written by \`packages/runner/src/actions/order-types.test.ts\`, which shows every cell on a simulated machine; the real tools
have their own tests (\`npm run test:tools\`, \`npm run test:vps\`). Types that only look at the machine or the network and have
no tool of their own (\`runner.selftest\`, \`system.facts.collect\`, \`check.*\`) and \`shell.run\` are not in it.
\`ikoma order types\` has the schemas.

| ${columns.join(' | ')} |
|${'---|'.repeat(columns.length)}
${rows.join('\n')}
`
}

function row(entry: CatalogueEntry, cases: readonly OrderTypeCase[]): string {
  const [first] = cases
  if (!first) return ''
  const { kind } = first
  const tools = [...new Set(cases.flatMap(({ needs }) => needs))]
  const fields = [...new Set(cases.map(({ bad }) => bad.field))]
  const stays = cases.map(({ staysAfterStop }) => staysAfterStop).find((each) => each !== undefined)
  const cells = [
    `\`${entry.type}\``,
    `${entry.title.en} (${[entry.risk, ...(entry.approval ? ['approval'] : [])].join(', ')})`,
    kind === 'change' ? 'shows each change, makes none' : 'changes nothing',
    { change: 'done, then looked at again', act: 'done', look: 'answers what it saw' }[kind],
    { change: 'no change, and says so', act: 'done again', look: 'the same answer' }[kind],
    `refused, naming ${fields.map((field) => (field === '' ? 'the unknown field' : `\`${field}\``)).join(', ')}`,
    entry.privileged ? 'refused: `missing_privilege`' : 'needs none',
    tools.length === 0 ? 'needs none' : `refused: \`tool_absent\` (${tools.join(', ')})`,
    kind === 'look' ? 'nothing to mend' : 'the next run gets there',
    kind === 'look' ? 'stops' : (stays ?? 'what was done is taken back'),
  ]
  return `| ${cells.join(' | ')} |`
}
