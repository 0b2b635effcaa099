import { appDown } from '../consequences.ts'
import type { Evidence } from '../evidence.ts'
import type { Finding, Mend, Words } from '../finding.ts'
import { isAppAccount, isOfApp, parentOf } from '../paths.ts'
import { advise, type LogMatch, logRule, matchLogs, type Rule, shown } from '../rule.ts'
import { accessOf, isOpenTo } from './files.ts'
import { isServing } from './listeners.ts'
import { giveFolder, keepRights, thenRestart } from './mends.ts'

const path = '(?<path>/[^\\s\'":,]*)'

const denied = [
  new RegExp(`E(?:ACCES|PERM): [a-z ]+, \\w+ '${path}'`),
  new RegExp(`Permission denied: '${path}'`),
  new RegExp(`(?:open|mkdir|stat|unlink|create|chdir) ${path}: permission denied`),
  new RegExp(`${path}: Permission denied`),
  new RegExp(`Permission denied @ \\w+ - ${path}`),
  /stream or file "(?<path>\/[^"]+)" could not be opened.*Permission denied/i,
  /FileNotFoundException: (?<path>\/\S+) \(Permission denied\)/,
  /AccessDeniedException: (?<path>\/\S+)/,
  /SQLITE_READONLY|attempt to write a readonly database/,
]

const symptom: Words = { en: 'Permission denied', fr: 'Permission refusée' }

export const permissionDenied: Rule = {
  name: 'permission_denied',
  patterns: denied,
  explains: appDown,
  find: (evidence) => deniedByLog(evidence) ?? databaseOfAnother(evidence),
}

function deniedByLog(evidence: Evidence): Finding | null {
  const matches = matchLogs(evidence, denied).filter(
    (match) => !/docker\.sock/.test(match.line.text) && !isOpenNow(match),
  )
  const [first] = matches
  if (!first) return null
  const target = first.groups.path ?? evidence.subject.sqlitePath
  const access = target === null ? [] : accessLines(evidence, target)
  return {
    symptom,
    cause: causeOf(evidence, target),
    confidence: 'likely',
    evidence: [...shown(matches.map(({ line }) => line)), ...access],
    mend: mendFor(evidence, target),
  }
}

/** What was closed is open by now, and the app runs: somebody has mended it. */
function isOpenNow({ evidence: { unit, files }, groups }: LogMatch): boolean {
  const path = groups.path ?? ''
  const [entry, folder] = [files[path], files[parentOf(path)]]
  if (!unit || !isServing(unit) || !entry || !folder) return false
  return isOpenTo(unit.user, entry) && isOpenTo(unit.user, folder)
}

/** The unit's user neither owns the database nor is let in by its group or by everybody. */
function databaseOfAnother(evidence: Evidence): Finding | null {
  const { subject, unit, files } = evidence
  const entry = subject.sqlitePath === null ? null : (files[subject.sqlitePath] ?? null)
  if (entry?.kind !== 'file' || !unit || subject.sqlitePath === null || isOpenTo(unit.user, entry)) return null
  return {
    symptom,
    cause: causeOf(evidence, subject.sqlitePath),
    confidence: 'likely',
    evidence: accessLines(evidence, subject.sqlitePath),
    mend: mendFor(evidence, subject.sqlitePath),
  }
}

function causeOf({ unit }: Evidence, target: string | null): Words {
  const user = unit?.user ? ` ${unit.user}` : ''
  if (target === null) {
    return {
      en: `The user${user} may not write to its database.`,
      fr: `L’utilisateur${user} ne peut pas écrire dans sa base.`,
    }
  }
  return {
    en: `The user${user} has not the access to ${target} that it needs.`,
    fr: `L’utilisateur${user} n’a pas l’accès qu’il lui faut à ${target}.`,
  }
}

/** SQLite also writes beside its file, so the directory counts as much. */
function mendFor(evidence: Evidence, target: string | null): Mend {
  const { unit, files } = evidence
  if (target === null)
    return advise('Give the database to the user of the app.', 'Donnez la base à l’utilisateur de l’app.')
  const directory = files[target]?.kind === 'directory' ? target : parentOf(target)
  if (files[directory]?.owner !== unit?.user || directory === target) {
    const files = {
      en: '; files in it that belong to another: chown',
      fr: ' ; les fichiers dedans qui sont à un autre : chown',
    }
    return giveFolder(evidence, directory, files)
  }
  if (!unit || !isAppAccount(unit.user) || !isOfApp(evidence, target)) return keepRights(target)
  const command = `chown ${unit.user} ${target}`
  return advise(`Give it to its user: ${command}`, `Donnez-le à son utilisateur : ${command}`)
}

function accessLines({ files }: Evidence, target: string): string[] {
  return [target, parentOf(target)].flatMap((each) => {
    const entry = files[each]
    return entry ? [`${each}: ${accessOf(entry)}`] : []
  })
}

export const readOnlyPath = logRule({
  name: 'read_only_path',
  patterns: [
    new RegExp(`EROFS: read-only file system, \\w+ '${path}'`),
    new RegExp(`Read-only file system: '${path}'`),
  ],
  explains: appDown,
  symptom: { en: 'Read-only file system', fr: 'Système de fichiers en lecture seule' },
  cause: ({ groups }) => ({
    en: `Its unit does not let it write to ${groups.path} (ProtectSystem=), or the disk has errors.`,
    fr: `Son unité ne le laisse pas écrire dans ${groups.path} (ProtectSystem=), ou le disque a des erreurs.`,
  }),
  mend: ({ groups, evidence }) => {
    const folder = parentOf(groups.path ?? '/')
    if (!isOfApp(evidence, folder)) return keepRights(folder)
    return advise(
      `Add ${folder} to the writable paths of the unit; if others cannot write either, read dmesg.`,
      `Ajoutez ${folder} aux chemins inscriptibles de l’unité ; si rien n’y écrit, lisez dmesg.`,
    )
  },
})

export const privilegedPort = logRule({
  name: 'privileged_port',
  patterns: [
    /listen EACCES: permission denied (?:\S*:)?(?<port>\d{1,5})(?![\w.:])/,
    /listen tcp[46]? \S*:(?<port>\d{1,5}): bind: permission denied/,
  ],
  explains: [...appDown, 'permission_denied'],
  symptom: { en: 'A program may not open its port', fr: 'Un programme n’a pas le droit d’ouvrir son port' },
  cause: ({ groups }) => ({
    en: `Port ${groups.port} is below 1024, which only root opens.`,
    fr: `Le port ${groups.port} est inférieur à 1024 : seul root l’ouvre.`,
  }),
  mend: ({ evidence }) =>
    thenRestart(evidence, {
      en: 'Have it listen on a port above 1024, behind the proxy, then restart it.',
      fr: 'Faites-le écouter sur un port au-dessus de 1024, derrière le proxy, puis redémarrez-le.',
    }),
})
