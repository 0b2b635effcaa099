import type { Evidence } from '../evidence.ts'
import type { Mend, Words } from '../finding.ts'
import { folderToGive, isOfApp, parentOf } from '../paths.ts'
import { byCommand, place } from '../rule.ts'

type Verb = 'start' | 'stop' | 'restart'

/** An order where IKOMA made the unit; it leaves the units of others alone, so for those the command. */
export function onUnit({ managedUnits }: Evidence, verb: Verb, unit: string, advice: Words): Mend {
  const command = `systemctl ${verb} ${unit}`
  if (!managedUnits.includes(unit)) return byCommand(advice, command)
  return place(`service.systemd.${verb}`, { name: nameOf(unit) }, advice, command)
}

/** A log is to be read by people: no order mends what they will find there. */
export function readLog(unit: string, advice: Words): Mend {
  return byCommand(advice, `journalctl -u ${unit}`)
}

/** Restarts what the subject is run by: what mends it is that alone. */
export function restart(evidence: Evidence, advice: Words): Mend {
  const { unit, pm2Name, pm2User, composeFile } = evidence.subject
  if (unit !== null) return onUnit(evidence, 'restart', unit, advice)
  if (pm2Name !== null) return restartPm2(pm2Name, pm2User, advice)
  if (composeFile !== null) return restartProject(evidence, composeFile, advice)
  return { advice, order: null }
}

/** Advice that a person has to follow first, and the restart after it: as an order it would mend nothing. */
export function thenRestart(evidence: Evidence, advice: Words): Mend {
  return onceMended(restart(evidence, advice), advice)
}

/** The order in words, for a person to place once they have followed `advice`. */
export function onceMended({ order, advice: after }: Mend, advice: Words): Mend {
  if (order === null) return { advice: after, order }
  const told = `${order.type} ${JSON.stringify(order.payload)}`
  return { advice: { en: `${advice.en} Order: ${told}`, fr: `${advice.fr} Ordre : ${told}` }, order: null }
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

/** The app's own folder made, or given to its account; rights over any other stay as they are. */
export function giveFolder(evidence: Evidence, path: string, more: Words = { en: '', fr: '' }): Mend {
  const folder = folderToGive(evidence, path)
  const { unit } = evidence
  if (unit?.user === 'root' && evidence.files[path] === null && isOfApp(evidence, path)) {
    return place('system.directory.apply', { path }, { en: `Make ${path}${more.en}.`, fr: `Créez ${path}${more.fr}.` })
  }
  if (folder === null || !unit) return keepRights(path)
  return place(
    'system.directory.apply',
    { path: folder, owner: unit.user, group: unit.user, mode: '750' },
    {
      en: `Make ${folder} and give it to ${unit.user}${more.en}.`,
      fr: `Créez ${folder} et donnez-le à ${unit.user}${more.fr}.`,
    },
  )
}

export function keepRights(path: string): Mend {
  return {
    advice: {
      en: `${path} is not the app's own, so its rights stay as they are: have the app use a folder of its own, such as one below /srv.`,
      fr: `${path} n’est pas à l’app, ses droits restent donc tels quels : faites-lui utiliser un dossier à elle, par exemple sous /srv.`,
    },
    order: null,
  }
}

function nameOf(unit: string): string {
  return unit.replace(/\.service$/, '')
}
