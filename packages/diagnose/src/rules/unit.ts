import { appDown } from '../consequences.ts'
import { type Evidence, hasSettled, type UnitState } from '../evidence.ts'
import type { Mend, Words } from '../finding.ts'
import { ownedPath } from '../paths.ts'
import { advise, matchLogs, place, type Rule, shown } from '../rule.ts'
import { onUnit } from './mends.ts'

const downstream = appDown.filter((name) => name !== 'restart_loop')
const afterFailure = downstream.filter((name) => name !== 'unit_failed')

/** So many in one life are no accident. */
const loopRestarts = 3

export const restartLoop: Rule = {
  name: 'restart_loop',
  explains: downstream,
  find(evidence) {
    const { subject, unit } = evidence
    if (!unit || subject.unit === null) return null
    const tripped = unit.active === 'failed' && (unit.result === 'start-limit-hit' || unit.restarts >= loopRestarts)
    const looping = unit.sub === 'auto-restart' || (unit.restarts >= loopRestarts && !hasSettled(unit))
    if (!tripped && !looping) return null
    return {
      symptom: { en: 'The service restarts in a loop', fr: 'Le service redémarre en boucle' },
      cause: {
        en: `It ends soon after each start (${unit.restarts} restarts, ${endOf(unit)}).`,
        fr: `Il se termine peu après chaque démarrage (${unit.restarts} redémarrages, ${endOf(unit)}).`,
      },
      confidence: 'certain',
      evidence: [stateLine(evidence, unit), ...lastWords(evidence)],
      mend: onUnit(evidence, 'logs', subject.unit, {
        en: 'Read its log: often a port that is taken, or a permission on the database that is missing.',
        fr: 'Lisez son journal : souvent un port déjà utilisé, ou une permission manquante sur la base.',
      }),
    }
  },
}

export const unitFailed: Rule = {
  name: 'unit_failed',
  explains: afterFailure,
  find(evidence) {
    const { subject, unit } = evidence
    if (!unit || subject.unit === null || unit.active !== 'failed') return null
    return {
      symptom: { en: `${subject.unit} has failed`, fr: `${subject.unit} est en échec` },
      cause: { en: `It ended with ${endOf(unit)}.`, fr: `Il s’est terminé avec ${endOf(unit)}.` },
      confidence: 'certain',
      evidence: [stateLine(evidence, unit), ...lastWords(evidence)],
      mend: onUnit(evidence, 'restart', subject.unit, {
        en: 'Once its cause is mended, start it again.',
        fr: 'Une fois la cause réparée, redémarrez-le.',
      }),
    }
  },
}

export const unitStopped: Rule = {
  name: 'unit_stopped',
  explains: afterFailure,
  find(evidence) {
    const { subject, unit } = evidence
    if (!unit || subject.unit === null || unit.load !== 'loaded' || unit.active !== 'inactive') return null
    return {
      symptom: { en: `${subject.unit} is not running`, fr: `${subject.unit} ne tourne pas` },
      cause: { en: 'It was stopped, or never started.', fr: 'Il a été arrêté, ou jamais démarré.' },
      confidence: 'certain',
      evidence: [stateLine(evidence, unit)],
      mend: onUnit(evidence, 'start', subject.unit, { en: 'Start it.', fr: 'Démarrez-le.' }),
    }
  },
}

export const unitMissing: Rule = {
  name: 'unit_missing',
  explains: afterFailure,
  find(evidence) {
    const { subject, unit } = evidence
    if (!unit || subject.unit === null || !['not-found', 'bad-setting', 'error', 'masked'].includes(unit.load))
      return null
    const causes: Record<string, Words> = {
      'not-found': { en: 'There is no such unit on this server.', fr: 'Cette unité n’existe pas sur ce serveur.' },
      masked: { en: 'The unit is masked.', fr: 'L’unité est masquée.' },
    }
    const broken = { en: 'systemd cannot read its unit file.', fr: 'systemd ne peut pas lire son fichier d’unité.' }
    return {
      symptom: { en: `${subject.unit} cannot be started`, fr: `${subject.unit} ne peut pas démarrer` },
      cause: causes[unit.load] ?? broken,
      confidence: 'certain',
      evidence: [stateLine(evidence, unit)],
      mend: advise(
        'Check its name, then install it with an order of the type service.systemd.apply.',
        'Vérifiez son nom, puis installez-le par un ordre de type service.systemd.apply.',
      ),
    }
  },
}

export const unitNotReloaded: Rule = {
  name: 'unit_not_reloaded',
  explains: [],
  find(evidence) {
    const { subject, unit } = evidence
    if (!unit?.needsReload || subject.unit === null) return null
    return {
      symptom: { en: 'A change to the unit has no effect', fr: 'Une modification de l’unité reste sans effet' },
      cause: {
        en: 'Its file was changed after systemd read it.',
        fr: 'Son fichier a changé depuis que systemd l’a lu.',
      },
      confidence: 'certain',
      evidence: [`${subject.unit}: NeedDaemonReload=yes`],
      mend: advise(
        'Run systemctl daemon-reload, then restart it.',
        'Lancez systemctl daemon-reload, puis redémarrez-le.',
      ),
    }
  },
}

interface Stage {
  name: string
  status: number
  /** As the journal calls it, which still says so when systemd has begun anew and forgotten the status. */
  step: string
  cause(unit: UnitState): Words
  mend(unit: UnitState): Mend
}

/** A unit whose program cannot begin is never up for longer. */
const startingSec = 5

/** Where systemd itself gave up before the program began: systemd.exec(5), "Process exit codes". */
const stages: Stage[] = [
  {
    name: 'program_missing',
    status: 203,
    step: 'EXEC',
    cause: () => ({
      en: 'The program of ExecStart= is not there, or may not be executed.',
      fr: 'Le programme de ExecStart= n’existe pas, ou n’est pas exécutable.',
    }),
    mend: () =>
      advise(
        'Install the program (Node.js: an order of the type platform.node.install), or correct its path in the unit.',
        'Installez le programme (Node.js : un ordre de type platform.node.install), ou corrigez son chemin dans l’unité.',
      ),
  },
  {
    name: 'directory_missing',
    status: 200,
    step: 'CHDIR',
    cause: ({ workingDirectory }) => ({
      en: `Its working directory ${workingDirectory} is not there, or closed to its user.`,
      fr: `Son répertoire de travail ${workingDirectory} n’existe pas, ou est fermé à son utilisateur.`,
    }),
    mend({ workingDirectory: path, user }) {
      const advice = { en: `Make ${path} and give it to ${user}.`, fr: `Créez ${path} et donnez-le à ${user}.` }
      if (ownedPath(path) === null) return { advice, order: null }
      return place('system.directory.apply', { path, owner: user, group: user, mode: '750' }, advice)
    },
  },
  {
    name: 'user_missing',
    status: 217,
    step: 'USER',
    cause: ({ user }) => ({
      en: `Its user ${user} does not exist.`,
      fr: `Son utilisateur ${user} n’existe pas.`,
    }),
    mend: ({ user, workingDirectory }) =>
      place(
        'system.user.apply',
        { name: user, home: ownedPath(workingDirectory) ?? `/var/lib/${user}` },
        {
          en: `Make the user ${user}.`,
          fr: `Créez l’utilisateur ${user}.`,
        },
      ),
  },
]

export const unitStages: Rule[] = stages.map(({ name, status, step, cause, mend }) => ({
  name,
  explains: appDown,
  find(evidence) {
    const { unit } = evidence
    if (!unit || (unit.upSec !== null && unit.upSec >= startingSec)) return null
    const matches = matchLogs(evidence, [new RegExp(`Failed at step ${step} spawning`)])
    const own = matches.filter(({ line }) => line.source === evidence.subject.unit)
    if (unit.exitStatus !== status && own.length === 0) return null
    return {
      symptom: { en: 'The service does not start', fr: 'Le service ne démarre pas' },
      cause: cause(unit),
      confidence: 'certain',
      evidence: [stateLine(evidence, unit), ...lastWords(evidence)],
      mend: mend(unit),
    }
  },
}))

function endOf({ result, exitStatus }: UnitState): string {
  return result === 'exit-code' || result === 'success' ? `exit ${exitStatus}` : result
}

function stateLine({ subject }: Evidence, { load, active, sub, result, restarts, exitStatus }: UnitState): string {
  if (load !== 'loaded') return `${subject.unit}: ${load}`
  return `${subject.unit}: ${active} (${sub}), result ${result}, exit status ${exitStatus}, ${restarts} restarts`
}

const isMessage = /^(?!\s|Emitted ).*(error|fatal|exception|fail|denied|cannot|refused|panic)/i

/** What it said before it ended; systemd's own lines only repeat the state. */
function lastWords({ subject, logs }: Evidence): string[] {
  const own = logs.filter(
    ({ source, text }) => source === subject.unit && !/^(Started|Stopped|Starting|Stopping) /.test(text),
  )
  const words = own.filter(
    ({ text }) => !/(Scheduled restart job|Main process exited|Failed with result|Consumed .* CPU)/.test(text),
  )
  // After an error Node prints its properties and its version, Python its frames: the message is further up.
  const errors = words.filter(({ text }) => isMessage.test(text))
  return shown(errors.length > 0 ? errors : words)
}
