import { appDown } from '../consequences.ts'
import type { Evidence } from '../evidence.ts'
import type { Finding, Mend } from '../finding.ts'
import { logRule, matchLogs, newestOf, type Rule, shown } from '../rule.ts'
import { isServing } from './listeners.ts'
import { restart, thenRestart } from './mends.ts'

const name = '(?<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PORT)'

const missing = [
  new RegExp(`Environment variable not found: ${name}\\b`),
  new RegExp(`missing (?:required )?(?:environment|env|config(?:uration)?)(?: variables?)?[:\\s'"]+${name}\\b`, 'i'),
  new RegExp(`\\b${name}["'\`]? (?:is|was) (?:not set|not defined|undefined|missing|required|empty)`),
  new RegExp(`\\b${name}["'\`]?:? (?:environment variable )?must be (?:set|provided|defined)`),
  new RegExp(`\\b${name}["'\`]?: (?:Required|is required|missing|Invalid input: expected \\w+, received undefined)`),
  new RegExp(`KeyError: '${name}'`),
  new RegExp(`The "${name}" variable is not set`),
  new RegExp(`required variable ${name} is missing a value`),
  new RegExp(`You must specify ${name}\\b`),
]

const maxNames = 12

export const environmentMissing: Rule = {
  name: 'environment_missing',
  explains: appDown,
  patterns: missing,
  find(evidence): Finding | null {
    const matches = matchLogs(evidence, missing)
    if (matches.length === 0) return null
    const names = [...new Set(matches.map(({ groups }) => groups.name))].slice(0, maxNames).join(', ')
    const file = evidence.unit?.environmentFiles[0]
    const lines = matches.map(({ line }) => line)
    return {
      symptom: { en: 'The app refuses to start', fr: 'L’app refuse de démarrer' },
      cause: {
        en: `Environment variables are missing: ${names}.`,
        fr: `Il manque des variables d’environnement : ${names}.`,
      },
      confidence: 'likely',
      evidence: shown(lines),
      mend: addOrRestart(evidence, names, file),
      at: newestOf(lines),
    }
  },
}

/** What is there by now only has to be read: then a restart mends it. */
function addOrRestart(evidence: Evidence, names: string, file: string | undefined): Mend {
  const known = evidence.unit?.variables ?? []
  if (names.split(', ').every((name) => known.includes(name))) {
    return restart(evidence, {
      en: `${names} is set by now, but the app was started before: restart it.`,
      fr: `${names} est défini depuis, mais l’app a démarré avant : redémarrez-la.`,
    })
  }
  return thenRestart(evidence, {
    en: `Add ${names} to ${file ?? 'its environment'}, then restart it.`,
    fr: `Ajoutez ${names} à ${file ?? 'son environnement'}, puis redémarrez-la.`,
  })
}

const notRead =
  /Failed to load environment files|env file \S+ not found|Couldn't find env file|ENOENT: .*'[^']*\.env[^']*'/

export const environmentFileMissing: Rule = {
  name: 'environment_file_missing',
  explains: [...appDown, 'environment_missing'],
  patterns: [notRead],
  find(evidence): Finding | null {
    const { unit } = evidence
    const gone = (unit?.requiredFiles ?? []).filter((path) => evidence.files[path] === null)
    // What runs has read it already.
    const needed = unit !== null && !isServing(unit)
    const matches = matchLogs(evidence, [notRead])
    if (gone.length === 0 && matches.length === 0) return null
    const which = gone.length > 0 ? gone.join(', ') : 'of its environment'
    return {
      symptom: { en: 'The app has not got its environment', fr: 'L’app n’a pas reçu son environnement' },
      cause: {
        en: `The file ${which} is not there, or cannot be read.`,
        fr: `Le fichier ${gone.join(', ') || 'de son environnement'} n’existe pas, ou est illisible.`,
      },
      confidence: gone.length === 0 ? 'likely' : needed ? 'certain' : 'possible',
      evidence: [...gone.map((path) => `${path}: not there`), ...shown(matches.map(({ line }) => line))],
      mend: thenRestart(evidence, {
        en: 'Write the file from its template, then restart the app.',
        fr: 'Écrivez le fichier d’après son modèle, puis redémarrez l’app.',
      }),
    }
  },
}

export const nodeVersion = logRule({
  name: 'node_version',
  patterns: [
    /was compiled against a different Node\.js version/,
    /SyntaxError: Unexpected token '(?:\?\?=|\|\|=|\?\.|with|using)'/,
    /ERR_REQUIRE_ESM|Unsupported engine|requires Node(?:\.js)? (?:version )?(?:>=|\^|v)?\s?\d+/i,
  ],
  explains: appDown,
  symptom: { en: 'The app does not run on this Node.js', fr: 'L’app ne tourne pas avec ce Node.js' },
  cause: () => ({
    en: 'The Node.js of this server is not the one that it was built for.',
    fr: 'Le Node.js de ce serveur n’est pas celui pour lequel elle a été construite.',
  }),
  mend: () => ({
    advice: {
      en: 'Install the Node.js that its package.json asks for (an order of the type platform.node.install), then build again.',
      fr: 'Installez le Node.js que demande son package.json (un ordre de type platform.node.install), puis reconstruisez.',
    },
    order: null,
  }),
})

export const buildMissing = logRule({
  name: 'build_missing',
  patterns: [
    /Cannot find module '(?<module>[^']+)'/,
    /ModuleNotFoundError: No module named '(?<module>[^']+)'/,
    /Cannot find package '(?<module>[^']+)' imported from/,
    /python\S*: No module named (?<module>\S+)/,
    /ImportError: (?:cannot import name|No module named) '?(?<module>[\w.]+)'?/,
    /(?:Failed to find attribute|Failed to find application object) '(?<module>\w+)' in '\w+'/,
    /cannot load such file -- (?<module>\S+)/,
    /Could not find (?<module>[\w.-]+-\d[\w.]*).{0,200}in (?:any of the sources|locally installed gems)/,
    /bundler: command not found: (?<module>\S+)/,
    /Failed opening required '(?<module>[^']*vendor\/autoload\.php)'/,
    /Uncaught Error: (?:Class|Interface|Trait) "(?<module>[^"]+)" not found/,
    /Call to undefined function (?<module>\w+\(\))|PDOException: (?<driver>could not find driver)/,
    /Could not find or load main class (?<module>\S+)/,
    /(?:ClassNotFoundException|NoClassDefFoundError): (?<module>[\w.$/]+)/,
    /(?<module>@prisma\/client) did not initialize yet/,
  ],
  explains: appDown,
  symptom: { en: 'The app does not start', fr: 'L’app ne démarre pas' },
  cause: ({ groups }) => ({
    en: `${groups.module ?? 'A driver'} is not there: not built, or its dependencies are not installed.`,
    fr: `${groups.module ?? 'Un pilote'} n’existe pas : pas de build, ou dépendances non installées.`,
  }),
  mend: ({ evidence }) =>
    thenRestart(evidence, {
      en: 'Install its dependencies and build it again (npm ci, npm run build; pip, bundle, composer install), then restart it.',
      fr: 'Réinstallez ses dépendances et reconstruisez-la (npm ci, npm run build ; pip, bundle, composer install), puis redémarrez-la.',
    }),
})
