import { isManaged } from '@ikoma/machine/systemd'
import type { UnitState } from '../evidence.ts'
import type { Look } from './look.ts'
import { environmentIn } from './secrets.ts'

/** What is asked for by name: `Environment` never leaves this file but as values to hide. */
const properties = [
  ...['LoadState', 'ActiveState', 'SubState', 'Result', 'NRestarts', 'ExecMainStatus', 'ActiveEnterTimestampMonotonic'],
  ...['User', 'WorkingDirectory', 'EnvironmentFiles', 'Environment', 'NeedDaemonReload'],
]

export interface SeenUnit {
  unit: UnitState
  environment: Record<string, string>
}

export async function seeUnit(look: Look, name: string): Promise<SeenUnit | null> {
  return look.at(name, null, async () => {
    const said = await look.ask(['systemctl', 'show', `--property=${properties.join(',')}`, '--', name])
    const uptimeSec = Number.parseFloat((await look.host.read('/proc/uptime')) ?? '0')
    const { unit, inline } = parseUnit(said, uptimeSec)
    const environment = { ...inline }
    for (const path of unit.environmentFiles) {
      Object.assign(environment, await look.at(path, {}, async () => environmentIn((await look.host.read(path)) ?? '')))
    }
    return { unit, environment }
  })
}

export function parseUnit(said: string, uptimeSec: number): { unit: UnitState; inline: Record<string, string> } {
  const pairs = said.split('\n').map((line): [string, string] => {
    const at = line.indexOf('=')
    return [line.slice(0, at), line.slice(at + 1)]
  })
  const all = (name: string) => pairs.filter(([key]) => key === name).map(([, value]) => value)
  const one = (name: string) => all(name)[0] ?? ''
  const startedSec = Number(one('ActiveEnterTimestampMonotonic')) / 1_000_000
  const active = one('ActiveState')
  return {
    unit: {
      load: one('LoadState'),
      active,
      sub: one('SubState'),
      result: one('Result'),
      restarts: Number(one('NRestarts')) || 0,
      exitStatus: Number(one('ExecMainStatus')) || 0,
      upSec: active === 'active' ? Math.max(0, Math.round(uptimeSec - startedSec)) : null,
      user: one('User') || 'root',
      workingDirectory: one('WorkingDirectory').replace(/^[!-]/, ''),
      environmentFiles: all('EnvironmentFiles').map((value) => value.replace(/ \(ignore_errors=(yes|no)\)$/, '')),
      needsReload: one('NeedDaemonReload') === 'yes',
    },
    inline: environmentIn(all('Environment').flatMap(words).join('\n')),
  }
}

/** systemd prints the list on one line, quoting what holds a space. */
function words(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

/** Services that apps lean on, or that take their ports. */
const neighbours = [
  ...['caddy', 'nginx', 'apache2', 'postgresql', 'redis-server', 'redis', 'docker'].map((name) => `${name}.service`),
] as const

export async function seeServices(look: Look): Promise<Record<string, string>> {
  return look.at('services', {}, async () => {
    const said = await look.ask(['systemctl', 'show', '--property=Id,LoadState,ActiveState', '--', ...neighbours])
    return parseServices(said)
  })
}

export function parseServices(said: string): Record<string, string> {
  const states: Record<string, string> = {}
  for (const block of said.split(/\n{2,}/)) {
    const of = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(block)?.[1] ?? ''
    if (of('LoadState') === 'loaded') states[of('Id')] = of('ActiveState')
  }
  return states
}

export async function seeManaged(look: Look, units: readonly string[]): Promise<string[]> {
  const managed: string[] = []
  for (const unit of units) {
    if (await look.at(unit, false, () => isManaged(look.host, unit))) managed.push(unit)
  }
  return managed
}
