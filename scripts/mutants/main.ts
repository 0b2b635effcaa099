import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type Area, areas } from './areas.ts'
import { type Bug, bugsIn } from './bugs.ts'
import { sampleOf } from './sample.ts'
import { knownSurvivors, survivorText } from './survivors.ts'
import { Workshop } from './workshop.ts'

const usage = `Plants small bugs, one at a time, and runs the tests of their area: a bug that no test notices has survived.

  npm run test:mutants                        every area
  npm run test:mutants -- --area seals        one
  npm run test:mutants -- --area seals --bugs 200

Exits with 1 when fewer than 90 % are caught, or one survived that scripts/mutants/survivors.ts gives no reason for.`

/** Of the bugs that are planted, as a share. */
const wanted = 0.9
const limitMs = 180_000

const { values } = parseArgs({
  options: {
    area: { type: 'string', multiple: true },
    bugs: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
if (values.help) {
  say(usage)
  process.exit(0)
}

const chosen = values.area ? areas.filter(({ name }) => values.area?.includes(name)) : areas
const root = new URL('../..', import.meta.url).pathname
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '')
const workshops = await Promise.all(Array.from({ length: availableParallelism() }, () => Workshop.open(root, files)))
const sources = new Map<string, string>()
let planted = 0
let caught = 0
let unexplained = 0
try {
  for (const area of chosen) await examine(area)
} finally {
  await Promise.all(workshops.map((workshop) => workshop.close()))
}
const share = planted === 0 ? 0 : caught / planted
say(
  `\n${caught} of ${planted} bugs caught: ${(share * 100).toFixed(1)} %, wanted ${wanted * 100} %. ${unexplained} survived without a reason.`,
)
process.exitCode = share >= wanted && unexplained === 0 ? 0 : 1

async function examine(area: Area): Promise<void> {
  const bugs = bugsOf(area)
  const [first] = workshops
  if (!first || (await first.test(area.tests, limitMs)) !== 0)
    throw new Error(`The tests of ${area.name} fail without any bug.`)
  const survivors: Bug[] = []
  const left = [...bugs]
  const work = async (workshop: Workshop) => {
    for (let bug = left.shift(); bug; bug = left.shift()) {
      if (!(await workshop.catches(bug, area.tests, limitMs))) survivors.push(bug)
    }
  }
  await Promise.all(workshops.map(work))
  planted += bugs.length
  caught += bugs.length - survivors.length
  say(`${area.name}: ${bugs.length - survivors.length} of ${bugs.length} caught`)
  for (const bug of survivors) tell(bug)
}

function bugsOf({ name, sources: globs, bugs }: Area): Bug[] {
  const found = globs
    .flatMap((glob) => globSync(glob, { cwd: root }))
    .filter((file) => !file.endsWith('.test.ts'))
    .sort()
  if (found.length === 0) throw new Error(`${name} has no sources.`)
  for (const file of found) sources.set(file, readFileSync(`${root}/${file}`, 'utf8'))
  const all = found.flatMap((file) => bugsIn(file, sources.get(file) ?? ''))
  return sampleOf(all, values.bugs ? Number(values.bugs) : bugs, sources)
}

function tell(bug: Bug): void {
  const text = survivorText(bug, sources.get(bug.file) ?? '')
  const reason = knownSurvivors[text]
  if (reason === undefined) unexplained += 1
  say(`  survived: ${text} (${bug.kind})${reason ? `: ${reason}` : ''}`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
