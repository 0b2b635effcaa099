import { families } from './families.ts'
import type { CatalogueEntry } from './order-type.ts'
import { fieldsOf, type PayloadField } from './payload-fields.ts'
import { payloadJsonSchema } from './payload-secrets.ts'

/** The page for people: what holds for all order types, then each with its fields and an example, family by family. */
export function catalogueReference(): string {
  const all = Object.entries<Record<string, CatalogueEntry>>(families)
  const entries = all.flatMap(([, family]) => Object.values(family))
  const contents = all.map(([name, family]) => `- [${name}](#${name}): ${Object.keys(family).map(code).join(', ')}`)
  const sections = all.map(([name, family]) => [`## ${name}`, ...Object.values(family).map(entryText)].join('\n\n'))
  return `${[head, contents.join('\n'), situations, staysText(entries), ...sections].join('\n\n')}\n`
}

const head = `# Order types

What each order type does, takes and risks. \`npx vitest run --project unit packages/api -u\` writes this page from the
catalogue (\`packages/api/src/catalogue/\`); \`ikoma order types\` and \`GET /v1/order-types\` give the same for the version that runs.

- **Risk**: \`read\` only looks, \`change\` changes the server, \`destructive\` may lose something. Each destructive order waits until
  a person approves it.
- **Retry**: an \`idempotent\` order is run again when its outcome is unknown, one that is to be run \`once\` waits for a person.
- **Root**: done as root, by the executor where there is one.
- **Turn**: orders with the same turn never run at the same time on a server.
- **{secret}**: \`{"secret": "<name>"}\` may stand in place of the text; \`ikoma secret set <name>\` keeps the value, which no order
  stores or shows. Where the field's name says that it is a secret, text is written \`{"plain": "…"}\` when it is none.`

const situations = `## When things go wrong

A type has one of three shapes: a **look** only looks, a **change** makes something so, an **act** does something each time.

| | look | change | act |
|---|---|---|---|
| Dry run | answers what it saw | changes nothing, shows each change | changes nothing |
| Run | answers what it saw | done, then looked at again | done |
| Run again | the same answer, unless what it looks at differs | no change, and says so | done again |
| Killed half-way | nothing to mend | the next run gets there | the next run gets there |
| Canceled | stops | what was done is taken back | what was done is taken back |

For all of them: a payload that is not valid is refused, naming the field; where root is needed and missing, the order is refused
with \`missing_privilege\` before anything is done; where a program is missing, with \`tool_absent\` and its name, and nothing is
changed. \`packages/runner/src/actions/order-types.test.ts\` shows all of this for each type on a simulated machine, and the real
tools have tests of their own. \`runner.selftest\`, \`system.facts.collect\`, \`check.*\` and \`shell.run\` are not among them: the first
ones change nothing, and what \`shell.run\` runs is written by somebody else.`

function staysText(entries: readonly CatalogueEntry[]): string {
  const stays = entries.flatMap(({ type, staysAfterStop }) =>
    staysAfterStop ? [`- ${code(type)}: ${staysAfterStop}.`] : [],
  )
  return ['What a cancel cannot take back:', ...stays].join('\n').replace(':\n', ':\n\n')
}

function entryText(entry: CatalogueEntry): string {
  const { type, title, shape, risk, approval, retryClass, timeoutSec, privileged, turn } = entry
  const fields = fieldsOf(payloadJsonSchema(entry.payload))
  const facts = [
    `Shape ${shape}`,
    `risk ${risk}`,
    `approval ${yesOrNo(approval)}`,
    `retry ${retryClass}`,
    `timeout ${timeoutSec} s`,
    `root ${yesOrNo(privileged)}`,
    ...(turn === undefined ? [] : [`turn ${turn}`]),
  ]
  return [
    `### \`${type}\``,
    `${title.en} · *${title.fr}*`,
    facts.join(' · '),
    fields.length === 0 ? 'It takes no fields.' : fieldTable(fields),
    `\`\`\`json\n${JSON.stringify(entry.example, null, 2)}\n\`\`\``,
  ].join('\n\n')
}

function fieldTable(fields: readonly PayloadField[]): string {
  const rows = fields.map(({ path, kind, required, byDefault, description }) => {
    const left = required ? 'required' : byDefault === null ? 'optional' : code(byDefault)
    return `| ${code(path)} | ${kind} | ${left} | ${description} |`
  })
  return ['| Field | Kind | Required or default | What it is |', '|---|---|---|---|', ...rows].join('\n')
}

function code(text: string): string {
  return `\`${text}\``
}

function yesOrNo(value: boolean): string {
  return value ? 'yes' : 'no'
}
