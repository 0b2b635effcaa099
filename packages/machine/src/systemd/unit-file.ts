import { absolutePath, each, oneOf, seconds, unitName, unprivilegedAccount, whole } from '../values/index.ts'
import { hardening } from './hardening.ts'
import { commandLine, environmentLines, ownHome, unitText, visiblePath } from './words.ts'

interface UnitProcess {
  description: string
  /** Units to start after; `network-online.target` is always among them. */
  after?: readonly string[]
  /** Units to start with this one. Should one of them fail, this one still runs. */
  wants?: readonly string[]
  user: string
  group?: string | undefined
  workingDirectory: string
  /** The account's own home below /home, which it sees and may write to; of the others there it sees none. */
  home?: string | undefined
  /** The program by its absolute path, then its arguments. No shell reads them. */
  execStart: readonly string[]
  /** Anybody on the server can read a unit: secrets belong into an environment file. */
  environment?: Readonly<Record<string, string>>
  /** Must exist when the unit starts; a later file wins. */
  environmentFiles?: readonly string[]
  /** Must exist. Everything else on the server is read-only, apart from a /tmp of its own. */
  readWritePaths?: readonly string[]
  memoryMaxBytes?: number | undefined
  /** Percent of one core: 150 is a core and a half. */
  cpuQuotaPercent?: number | undefined
}

export interface ServiceUnit extends UnitProcess {
  restart: 'always' | 'on-failure' | 'no'
  restartSec?: number
  /** Between SIGTERM and SIGKILL. */
  stopTimeoutSec?: number
  /** Whom SIGTERM is for: a main process that ends its own children is told alone. Everybody, when it is left out. */
  stopSignalTo?: 'everybody' | 'main-process'
  /** Where a program that goes to the background by itself writes the number of the process that stays. */
  pidFile?: string
}

/** Started by a timer or an order, not at boot. While it runs, starting it again does nothing. */
export interface OneshotUnit extends UnitProcess {
  timeoutSec: number
}

/** A process that is kept running, as `name.service`. */
export function renderServiceUnit(unit: ServiceUnit): string {
  return sections(unit, [
    ...lifetimeOf(unit),
    ['Restart', oneOf(unit.restart, 'restart', ['always', 'on-failure', 'no'])],
    ['RestartSec', seconds(unit.restartSec ?? 5, 'restartSec')],
    ['TimeoutStopSec', seconds(unit.stopTimeoutSec ?? 30, 'stopTimeoutSec')],
    ...stopSettings(unit),
  ]).concat('\n[Install]\nWantedBy=multi-user.target\n')
}

/** A process that ends by itself, as `name.service`; what runs it regularly is a timer. */
export function renderOneshotUnit(unit: OneshotUnit): string {
  return sections(unit, [
    ['Type', 'oneshot'],
    ['TimeoutStartSec', seconds(unit.timeoutSec, 'timeoutSec')],
  ])
}

function lifetimeOf({ pidFile, home }: ServiceUnit): Setting[] {
  if (pidFile === undefined) return [['Type', 'simple']]
  return [
    ['Type', 'forking'],
    ['PIDFile', visiblePath(pidFile, 'pidFile', home)],
    // Who stays starts the others again: one of them that took too much is not the end of all.
    ['OOMPolicy', 'continue'],
  ]
}

type Setting = readonly [key: string, value: string | number]

function sections(unit: UnitProcess, lifetime: readonly Setting[]): string {
  const wants = each(unit.wants, 'wants', unitName)
  const after = each(unit.after, 'after', unitName)
  return [
    '[Unit]',
    `Description=${unitText(unit.description, 'description')}`,
    `Wants=${unique(['network-online.target', ...wants])}`,
    `After=${unique(['network-online.target', ...after])}`,
    '',
    '[Service]',
    ...lifetime.map(([key, value]) => `${key}=${value}`),
    ...processSettings(unit),
    ...limits(unit),
    ...hardening(
      each(unit.readWritePaths, 'readWritePaths', (path, at) => visiblePath(path, at, unit.home)),
      ownHome(unit.home),
    ),
    '',
  ].join('\n')
}

function stopSettings({ stopSignalTo = 'everybody' }: ServiceUnit): Setting[] {
  const to = oneOf(stopSignalTo, 'stopSignalTo', ['everybody', 'main-process'])
  return to === 'everybody' ? [] : [['KillMode', 'mixed']]
}

function processSettings(unit: UnitProcess): string[] {
  const user = unprivilegedAccount(unit.user, 'user')
  return [
    `User=${user}`,
    `Group=${unit.group === undefined ? user : unprivilegedAccount(unit.group, 'group')}`,
    `WorkingDirectory=${visiblePath(unit.workingDirectory, 'workingDirectory', unit.home)}`,
    ...environmentLines(unit.environment, 'environment'),
    ...each(unit.environmentFiles, 'environmentFiles', absolutePath).map((file) => `EnvironmentFile=${file}`),
    `ExecStart=${commandLine(unit.execStart, 'execStart')}`,
  ]
}

function limits({ memoryMaxBytes, cpuQuotaPercent }: UnitProcess): string[] {
  const settings: string[] = []
  if (memoryMaxBytes !== undefined) {
    settings.push(`MemoryMax=${whole(memoryMaxBytes, 'memoryMaxBytes', 2 ** 20, 2 ** 50)}`)
  }
  if (cpuQuotaPercent !== undefined) settings.push(`CPUQuota=${whole(cpuQuotaPercent, 'cpuQuotaPercent', 1, 100_000)}%`)
  return settings
}

const unique = (units: readonly string[]) => [...new Set(units)].join(' ')
