import { appDown } from '../consequences.ts'
import { type Evidence, hasSettled, type UnitState } from '../evidence.ts'
import type { Words } from '../finding.ts'
import { advise, type Rule, shown } from '../rule.ts'
import { onUnit, readLog, thenRestart } from './mends.ts'

const downstream = appDown.filter((name) => name !== 'restart_loop' && name !== 'program_ended')
const afterFailure = downstream.filter((name) => name !== 'unit_failed' && !name.startsWith('pm2'))

/** So many in one life are no accident. */
const loopRestarts = 3

export const restartLoop: Rule = {
  name: 'restart_loop',
  explains: downstream,
  find(evidence) {
    const { subject, unit } = evidence
    if (!unit || subject.unit === null) return null
    const tripped = unit.active === 'failed' && (unit.result === 'start-limit-hit' || unit.restarts >= loopRestarts)
    const looping = unit.sub.startsWith('auto-restart')
    // It is up at this moment: whether it stays so is not known yet.
    const young = unit.restarts >= loopRestarts && !hasSettled(unit)
    if (!tripped && !looping && !young) return null
    return {
      symptom: { en: 'The service restarts in a loop', fr: 'Le service redémarre en boucle' },
      cause: {
        en: `It ends soon after each start (${unit.restarts} restarts, ${endOf(unit)}).`,
        fr: `Il se termine peu après chaque démarrage (${unit.restarts} redémarrages, ${endOf(unit)}).`,
      },
      confidence: tripped || looping ? 'certain' : 'likely',
      evidence: [stateLine(evidence, unit), ...lastWords(evidence)],
      mend: readLog(subject.unit, {
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
      mend: thenRestart(evidence, {
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
    // A job has its end, and a program that ends by itself was not stopped.
    if ((unit.type === 'oneshot' && unit.exitStatus === 0) || endedByItself(evidence)) return null
    return {
      symptom: { en: `${subject.unit} is not running`, fr: `${subject.unit} ne tourne pas` },
      cause: { en: 'It was stopped, or never started.', fr: 'Il a été arrêté, ou jamais démarré.' },
      confidence: 'certain',
      evidence: [stateLine(evidence, unit)],
      mend: onUnit(evidence, 'start', subject.unit, { en: 'Start it.', fr: 'Démarrez-le.' }),
    }
  },
}

export const unitEnded: Rule = {
  name: 'program_ended',
  explains: afterFailure,
  find(evidence) {
    const { subject, unit } = evidence
    if (!unit || subject.unit === null || unit.active !== 'inactive' || unit.type === 'oneshot') return null
    if (!endedByItself(evidence)) return null
    return {
      symptom: { en: `${subject.unit} is not running`, fr: `${subject.unit} ne tourne pas` },
      cause: {
        en: 'Its program ended by itself, without an error: it may have gone to the background, or had nothing to do.',
        fr: 'Son programme s’est terminé de lui-même, sans erreur : parti en arrière-plan, ou rien à faire.',
      },
      confidence: 'likely',
      evidence: [stateLine(evidence, unit), ...lastWords(evidence)],
      mend: thenRestart(evidence, {
        en: 'Have it stay in the foreground (no daemon option); Restart=always would only hide it.',
        fr: 'Faites-le rester au premier plan (sans option daemon) ; Restart=always ne ferait que le cacher.',
      }),
    }
  },
}

/** systemd says when it stops a unit; of one that ended it only says that it is not up any more. */
function endedByItself({ subject, logs }: Evidence): boolean {
  const own = logs.filter(({ source }) => source === subject.unit)
  const ended = own.some(({ text }) => text.startsWith(`${subject.unit}: Deactivated successfully`))
  return ended && !own.some(({ text }) => /^Stopp(ing|ed) /.test(text))
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

function endOf({ result, exitStatus }: UnitState): string {
  return result === 'exit-code' || result === 'success' ? `exit ${exitStatus}` : result
}

export function stateLine(
  { subject }: Evidence,
  { load, active, sub, result, restarts, exitStatus }: UnitState,
): string {
  if (load !== 'loaded') return `${subject.unit}: ${load}`
  return `${subject.unit}: ${active} (${sub}), result ${result}, exit status ${exitStatus}, ${restarts} restarts`
}

const isMessage = /^(?!\s|Emitted ).*(error|fatal|exception|fail|denied|cannot|refused|panic)/i

/** What it said before it ended; systemd's own lines only repeat the state. */
export function lastWords({ subject, logs }: Evidence): string[] {
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
