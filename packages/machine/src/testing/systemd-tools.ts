import type { SimulatedHost, Tool } from '@ikoma/machine/testing/simulated-host'

interface Running {
  /** What systemd has read, and what the program was started with. */
  loaded: string
  runs: string
  restarts: number
}

interface Systemd {
  running: Record<string, Running>
  /** Started at boot. */
  enabled: string[]
  /** Jobs that ran to their end. */
  jobs: string[]
  /** What `set-property` keeps of each unit, where it was asked to. */
  memoryMax?: Record<string, string>
}

export const noUnitRuns: Systemd = { running: {}, enabled: [], jobs: [] }

export function systemdOf(machine: SimulatedHost): Systemd {
  return machine.state.systemd as Systemd
}

const pathOf = (unit: string) => `/etc/systemd/system/${unit}`

/** Everything a unit was written with. */
export function writtenAs(machine: SimulatedHost, unit: string): string {
  return (machine.contentOf(pathOf(unit)) ?? '') + (machine.contentOf(`${pathOf(unit)}.env`) ?? '')
}

/** systemctl(1), systemd-analyze(1) and sleep(1) over `state.systemd`; a program called `crash` ends again and again. */
export const systemdTools: Record<string, Tool> = {
  systemctl({ args, machine }) {
    const [verb = ''] = args
    if (verb === 'daemon-reload') {
      for (const [unit, each] of Object.entries(systemdOf(machine).running)) {
        each.loaded = (machine.contentOf(pathOf(unit)) ?? '') || each.loaded
      }
      return {}
    }
    if (verb === 'set-property') return limit(machine, args)
    return verbs[verb]?.(machine, args.at(-1) ?? '') ?? { code: 1, stderr: `Unknown command verb ${verb}.` }
  },
  'systemd-analyze'({ args, machine }) {
    const texts = args.filter((arg) => arg.startsWith('/')).map((path) => machine.contentOf(path) ?? '')
    const broken = texts.some((text) => text === '' || text.includes('/no/such/program'))
    return broken ? { code: 1, stderr: 'Command /no/such/program is not executable: No such file or directory' } : {}
  },
  sleep({ machine }) {
    for (const each of Object.values(systemdOf(machine).running)) if (each.runs.includes('/crash')) each.restarts += 1
    return {}
  },
}

const verbs: Record<string, (machine: SimulatedHost, unit: string) => { code?: number; stdout?: string }> = {
  show: (machine, unit) => ({ stdout: shown(machine, unit) }),
  start: (machine, unit) => (systemdOf(machine).running[unit] ? {} : begin(machine, unit)),
  restart: (machine, unit) => begin(machine, unit),
  stop(machine, unit) {
    const known = systemdOf(machine).running[unit] || (machine.contentOf(pathOf(unit)) ?? '') !== ''
    delete systemdOf(machine).running[unit]
    return known ? {} : { code: 5 }
  },
  enable(machine, unit) {
    systemdOf(machine).enabled.push(unit)
    return {}
  },
  disable(machine, unit) {
    systemdOf(machine).enabled = systemdOf(machine).enabled.filter((each) => each !== unit)
    return {}
  },
  'reset-failed': () => ({}),
}

function limit(machine: SimulatedHost, args: readonly string[]): { code?: number } {
  const [unit = '', setting = ''] = args.slice(-2)
  const systemd = systemdOf(machine)
  const { [unit]: _, ...others } = systemd.memoryMax ?? {}
  const value = setting.replace('MemoryMax=', '')
  if (value !== '' && value !== 'infinity') others[unit] = value
  if (Object.keys(others).length > 0) systemd.memoryMax = others
  else delete systemd.memoryMax
  return {}
}

/** What was read before is run, unless it was never read. */
function begin(machine: SimulatedHost, unit: string): { code?: number } {
  const { running, jobs } = systemdOf(machine)
  const loaded = running[unit]?.loaded ?? machine.contentOf(pathOf(unit)) ?? ''
  if (loaded === '') return { code: 5 }
  if (loaded.includes('Type=oneshot')) jobs.push(unit)
  else running[unit] = { loaded, runs: loaded + (machine.contentOf(`${pathOf(unit)}.env`) ?? ''), restarts: 0 }
  return {}
}

function shown(machine: SimulatedHost, unit: string): string {
  const { running, enabled } = systemdOf(machine)
  const onDisk = machine.contentOf(pathOf(unit)) ?? ''
  const now = running[unit]
  const ofDistribution = unit === 'cups.service' ? `/lib/systemd/system/${unit}` : ''
  return [
    `LoadState=${now || onDisk || ofDistribution ? 'loaded' : 'not-found'}`,
    `ActiveState=${now ? 'active' : 'inactive'}`,
    `SubState=${now ? 'running' : 'dead'}`,
    `UnitFileState=${enabled.includes(unit) ? 'enabled' : 'disabled'}`,
    `FragmentPath=${onDisk ? pathOf(unit) : ofDistribution}`,
    `NeedDaemonReload=${now && onDisk && now.loaded !== onDisk ? 'yes' : 'no'}`,
    `NRestarts=${now?.restarts ?? 0}`,
    'Result=success',
    'ExecMainStatus=0',
    `MainPID=${now ? 4242 : 0}`,
    `ActiveEnterTimestamp=${now ? 'Sat 2026-11-21 16:20:01 UTC' : ''}`,
    'MemoryCurrent=[not set]',
    `MemoryMax=${systemdOf(machine).memoryMax?.[unit] ?? 'infinity'}`,
    '',
  ].join('\n')
}
