import type { Evidence } from '../evidence.ts'
import type { Mend, Words } from '../finding.ts'
import { parentOf } from '../paths.ts'
import { place } from '../rule.ts'

type Verb = 'start' | 'stop' | 'restart' | 'logs'

/** An order where IKOMA made the unit; it leaves the units of others alone, so for those the command. */
export function onUnit({ managedUnits }: Evidence, verb: Verb, unit: string, advice: Words): Mend {
  if (managedUnits.includes(unit)) return place(`service.systemd.${verb}`, { name: nameOf(unit) }, advice)
  return byCommand(advice, verb === 'logs' ? `journalctl -u ${unit}` : `systemctl ${verb} ${unit}`)
}

/** Restarts what the subject is run by, once `advice` is followed. */
export function restart(evidence: Evidence, advice: Words): Mend {
  const { unit, pm2Name, pm2User, composeFile } = evidence.subject
  if (unit !== null) return onUnit(evidence, 'restart', unit, advice)
  if (pm2Name !== null) return place('service.pm2.restart', { name: pm2Name, user: pm2User }, advice)
  if (composeFile !== null) return restartProject(evidence, composeFile, advice)
  return { advice, order: null }
}

/** Where and how apps are called that orders run with compose. */
const appDirectory = /^\/(srv|opt|home|var\/lib|var\/www)\/[^/]/
const projectName = /^[a-z][a-z0-9-]{0,62}$/

export function restartProject({ docker }: Evidence, composeFile: string, advice: Words): Mend {
  const name = docker?.running ? docker.project : null
  const directory = parentOf(composeFile)
  if (name !== null && projectName.test(name) && appDirectory.test(directory)) {
    return place('service.compose.restart', { name, directory }, advice)
  }
  return byCommand(advice, `docker compose -f ${composeFile} up -d`)
}

/** Of services beside the app, the one that is installed and does not run: `systemctl start …`. */
export function startOneOf({ services }: Evidence, candidates: readonly string[], advice: Words): Mend {
  const down = candidates.find((unit) => services[unit] !== undefined && services[unit] !== 'active')
  return down === undefined ? { advice, order: null } : byCommand(advice, `systemctl start ${down}`)
}

export function byCommand({ en, fr }: Words, command: string): Mend {
  return { advice: { en: `${en} Command: ${command}`, fr: `${fr} Commande : ${command}` }, order: null }
}

function nameOf(unit: string): string {
  return unit.replace(/\.service$/, '')
}
