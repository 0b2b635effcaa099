import type { Evidence } from '../evidence.ts'
import type { Mend, Words } from '../finding.ts'
import { parentOf } from '../paths.ts'
import { byCommand, place } from '../rule.ts'

type Verb = 'start' | 'stop' | 'restart' | 'logs'

/** An order where IKOMA made the unit; it leaves the units of others alone, so for those the command. */
export function onUnit({ managedUnits }: Evidence, verb: Verb, unit: string, advice: Words): Mend {
  const command = verb === 'logs' ? `journalctl -u ${unit}` : `systemctl ${verb} ${unit}`
  if (!managedUnits.includes(unit)) return byCommand(advice, command)
  return place(`service.systemd.${verb}`, { name: nameOf(unit) }, advice, command)
}

/** Restarts what the subject is run by, once `advice` is followed. */
export function restart(evidence: Evidence, advice: Words): Mend {
  const { unit, pm2Name, pm2User, composeFile } = evidence.subject
  if (unit !== null) return onUnit(evidence, 'restart', unit, advice)
  if (pm2Name !== null) return restartPm2(pm2Name, pm2User, advice)
  if (composeFile !== null) return restartProject(evidence, composeFile, advice)
  return { advice, order: null }
}

export function restartPm2(name: string, user: string, advice: Words): Mend {
  return place('service.pm2.restart', { name, user }, advice, `runuser -u ${user} -- pm2 restart ${name}`)
}

export function restartProject({ docker }: Evidence, composeFile: string, advice: Words): Mend {
  const name = docker?.running ? docker.project : null
  const command = `docker compose -f ${composeFile} up -d`
  if (name === null) return byCommand(advice, command)
  return place('service.compose.restart', { name, directory: parentOf(composeFile) }, advice, command)
}

/** Starts the one of the services beside the app that is installed and does not run: `systemctl start …`. */
export function startOneOf({ services }: Evidence, candidates: readonly string[], advice: Words): Mend {
  const down = candidates.find((unit) => services[unit] !== undefined && services[unit] !== 'active')
  return down === undefined ? { advice, order: null } : byCommand(advice, `systemctl start ${down}`)
}

function nameOf(unit: string): string {
  return unit.replace(/\.service$/, '')
}
