import type { SimulatedHost, Tool } from '@ikoma/machine/testing/simulated-host'

/** What a repository offers, once its lists are fetched. */
interface Offer {
  version: string
  depends?: readonly string[]
  /** In the repository for security updates. */
  security?: boolean
}

export interface AptState {
  /** What dpkg has, by name. */
  installed: Record<string, { version: string; status: string }>
  /** What the lists say, by name. */
  offered: Record<string, Offer>
}

export interface AptSimulation {
  installed?: Readonly<Record<string, string>>
  offered?: Readonly<Record<string, Offer>>
}

/** What was fetched is a cache, and not what the machine is like: it is not compared. */
const lists = new WeakMap<SimulatedHost, Record<string, Offer>>()

/** Enough of a machine's state for `aptTools`. */
export function aptState({ installed = {}, offered = {} }: AptSimulation) {
  const states = Object.entries(installed).map(([name, version]) => [name, { version, status: 'installed' }])
  return { apt: { installed: Object.fromEntries(states), offered: { ...offered } } }
}

/**
 * dpkg, dpkg-query, apt-cache and apt-get over `state.apt`. `upstream` gives what `apt-get update` adds to the offer, such
 * as a repository's packages once its file is there.
 */
export function aptTools(upstream: (machine: SimulatedHost) => Record<string, Offer> = () => ({})) {
  const tools: Record<string, Tool> = {
    'dpkg-query': ({ machine }) => ({ stdout: listing(machine) }),
    dpkg({ machine }) {
      for (const each of Object.values(aptOf(machine).installed)) {
        if (each.status !== 'half-installed') each.status = 'installed'
      }
      for (const name of updatesOf(machine)) machine.move(`/var/lib/dpkg/updates/${name}`, null)
      return {}
    },
    'apt-cache': ({ args, machine }) => ({
      stdout: operands(args)
        .map((name) => policy(machine, name))
        .join(''),
    }),
    'apt-get'({ args, machine }) {
      if (args.includes('update')) {
        lists.set(machine, upstream(machine))
        return {}
      }
      const wanted = operands(args)
      if (args.includes('--reinstall')) return reinstalled(machine, wanted)
      if (args.includes('upgrade')) wanted.push(...outdated(machine))
      const steps = args.includes('remove') ? removal(machine, wanted) : installation(machine, wanted)
      if (typeof steps === 'string') return { code: 100, stderr: steps }
      if (args.includes('--simulate')) return { stdout: steps.map(told).join('') }
      for (const step of steps) perform(machine, step)
      return {}
    },
  }
  return tools
}

/** What dpkg had begun to write down. */
const updates = ['0000', '0001']
function updatesOf(machine: SimulatedHost): string[] {
  return updates.filter((name) => machine.contentOf(`/var/lib/dpkg/updates/${name}`) !== null)
}

function reinstalled(machine: SimulatedHost, names: readonly string[]) {
  for (const name of names) Object.assign(aptOf(machine).installed[name] ?? {}, { status: 'installed' })
  return {}
}

export function versionOf(machine: SimulatedHost, name: string): string | undefined {
  return aptOf(machine).installed[name]?.version
}

type Step =
  | { remove: string; before: string }
  | { install: string; before: string | undefined; after: string; security?: boolean | undefined }

function outdated(machine: SimulatedHost): string[] {
  const { installed, offered } = aptOf(machine)
  return Object.keys(installed).filter((name) => offered[name] && offered[name].version !== installed[name]?.version)
}

function installation(machine: SimulatedHost, specs: readonly string[]): Step[] | string {
  const { installed, offered } = aptOf(machine)
  const steps: Step[] = []
  for (const spec of specs) {
    if (spec.endsWith('-')) {
      const found = removal(machine, [spec.slice(0, -1)])
      if (typeof found !== 'string') steps.push(...found)
      continue
    }
    const [name = '', version = offered[name]?.version] = spec.split('=')
    // A version from before may still be in the cache.
    if (version === undefined) return `E: Unable to locate package ${name}`
    const { security } = offered[name] ?? {}
    steps.push({ install: name, before: installed[name]?.version, after: version, security })
    for (const need of offered[name]?.depends ?? []) {
      const after = offered[need]?.version
      if (after === undefined) return `E: ${name} depends on ${need}, which is not installable`
      const before = installed[need]?.version
      if (before !== after) steps.push({ install: need, before, after })
    }
  }
  return steps.filter((step) => 'remove' in step || step.before !== step.after)
}

function removal(machine: SimulatedHost, names: readonly string[]): Step[] | string {
  const { installed, offered } = aptOf(machine)
  const needing = Object.keys(installed).filter((name) => offered[name]?.depends?.some((need) => names.includes(need)))
  const all = [...new Set([...needing, ...names])]
  return all.flatMap((name) => {
    const there = installed[name]
    return there ? [{ remove: name, before: there.version }] : []
  })
}

function perform(machine: SimulatedHost, step: Step): void {
  const { installed } = aptOf(machine)
  if ('remove' in step) delete installed[step.remove]
  else installed[step.install] = { version: step.after, status: 'installed' }
}

function told(step: Step): string {
  if ('remove' in step) return `Remv ${step.remove} [${step.before}]\n`
  const before = step.before === undefined ? '' : ` [${step.before}]`
  const from = step.security ? 'Debian-Security:12/stable-security' : 'Debian:12/stable'
  return `Inst ${step.install}${before} (${step.after} ${from} [amd64])\n`
}

function listing(machine: SimulatedHost): string {
  const all = Object.entries(aptOf(machine).installed)
  return all.map(([name, { version, status }]) => `${name}\t${status}\t${version}\n`).join('')
}

function policy(machine: SimulatedHost, name: string): string {
  const { installed, offered } = aptOf(machine)
  const [has, candidate] = [installed[name]?.version, offered[name]?.version]
  if (has === undefined && candidate === undefined) return ''
  return `${name}:\n  Installed: ${has ?? '(none)'}\n  Candidate: ${candidate ?? has}\n  Version table:\n`
}

function operands(args: readonly string[]): string[] {
  return args.slice(args.indexOf('--') + 1)
}

function aptOf(machine: SimulatedHost): AptState {
  const { installed, offered } = machine.state.apt as AptState
  return { installed, offered: { ...offered, ...lists.get(machine) } }
}
