import { appDown } from '../consequences.ts'
import type { Evidence, UnitState } from '../evidence.ts'
import type { Confidence, Mend, Words } from '../finding.ts'
import { folderToGive, isAppAccount } from '../paths.ts'
import { advise, matchLogs, newestOf, place, type Rule } from '../rule.ts'
import type { isOpenTo } from './files.ts'
import { isServing } from './listeners.ts'
import { giveFolder, readLog, restart } from './mends.ts'
import { lastWords, stateLine } from './unit.ts'

/** Whether what kept a unit from its start still does, by a look at the machine; null where it cannot be seen. */
type Seen = boolean | null

interface Stage {
  name: string
  status: number
  /** As the journal calls it, which still says so when systemd has begun anew and forgotten the status. */
  step: string
  holds(evidence: Evidence, unit: UnitState): Seen
  cause(unit: UnitState, evidence: Evidence): Words
  mend(unit: UnitState, evidence: Evidence): Mend
}

/** Where systemd itself gave up before the program began: systemd.exec(5), "Process exit codes". */
const stages: Stage[] = [
  {
    name: 'program_missing',
    status: 203,
    step: 'EXEC',
    holds({ files }, { program }) {
      const entry = files[program]
      if (entry === undefined) return null
      // A script that is there may name an interpreter that is not.
      return entry === null || entry.kind === 'directory' || (entry.mode & 0o111) === 0 ? true : null
    },
    cause: ({ program }) => ({
      en: `The program of ExecStart=${named(program)} is not there, or may not be executed.`,
      fr: `Le programme de ExecStart=${named(program)} n’existe pas, ou n’est pas exécutable.`,
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
    holds({ files }, { workingDirectory, user }) {
      const entry = files[workingDirectory]
      if (entry === undefined) return null
      return entry === null || entry.kind !== 'directory' || !mayEnter(user, entry)
    },
    cause: ({ workingDirectory }) => ({
      en: `Its working directory${named(workingDirectory)} is not there, or closed to its user.`,
      fr: `Son répertoire de travail${named(workingDirectory)} n’existe pas, ou est fermé à son utilisateur.`,
    }),
    mend({ workingDirectory: path }, evidence) {
      if (!path.startsWith('/')) {
        return advise('Name a working directory in the unit.', 'Nommez un répertoire de travail dans l’unité.')
      }
      return giveFolder(evidence, path)
    },
  },
  {
    name: 'user_missing',
    status: 217,
    step: 'USER',
    holds: (_, { userExists }) => (userExists === null ? null : !userExists),
    cause: ({ user }) => ({
      en: `Its user ${user} does not exist.`,
      fr: `Son utilisateur ${user} n’existe pas.`,
    }),
    mend(unit, evidence) {
      const { user, workingDirectory } = unit
      const advice = { en: `Make the user ${user}.`, fr: `Créez l’utilisateur ${user}.` }
      if (!isAppAccount(user)) return { advice, order: null }
      const home = folderToGive(evidence, workingDirectory) ?? `/var/lib/${user}`
      return place('system.user.apply', { name: user, home }, advice)
    },
  },
]

export const unitStages: Rule[] = stages.map((stage) => ({
  name: stage.name,
  explains: appDown,
  find(evidence) {
    const { unit } = evidence
    if (!unit || isServing(unit)) return null
    const told = failedAt(evidence, stage.step)
    const now = stage.holds(evidence, unit)
    // A program may end with the same number.
    if (told.length === 0 && (unit.exitStatus !== stage.status || now === false)) return null
    if (now === true) return finding(evidence, unit, 'certain', stage.cause(unit, evidence), stage.mend(unit, evidence))
    if (now === null) return finding(evidence, unit, 'likely', stage.cause(unit, evidence), stage.mend(unit, evidence))
    return mendedSince(evidence, unit, stage)
  },
}))

/** The other steps, which the journal names, with what it says of them. */
export const startStepFailed: Rule = {
  name: 'start_step_failed',
  explains: appDown,
  find(evidence) {
    const { unit, subject } = evidence
    if (!unit || subject.unit === null || isServing(unit)) return null
    const [first] = failedAt(evidence, '(?!EXEC|CHDIR|USER)(?<step>[A-Z_]+)')
    if (!first) return null
    const { step = '' } = first.groups
    const cause = {
      en: `systemd could not set up its ${step} before the program began.`,
      fr: `systemd n’a pas pu préparer ${step} avant de lancer le programme.`,
    }
    const advice = {
      en: 'Correct what the unit asks for there (a path of ReadWritePaths= that is not there, a group, a capability).',
      fr: 'Corrigez ce que l’unité y demande (un chemin de ReadWritePaths= absent, un groupe, une capacité).',
    }
    return finding(evidence, unit, 'likely', cause, readLog(subject.unit, advice))
  },
}

function failedAt(evidence: Evidence, step: string) {
  const matches = matchLogs(evidence, [new RegExp(`: Failed at step ${step} spawning `)])
  return matches.filter(({ line }) => line.source === evidence.subject.unit)
}

/** It failed for that, which holds no more: only nobody has started it since. */
function mendedSince(evidence: Evidence, unit: UnitState, { cause }: Stage) {
  const { en, fr } = cause(unit, evidence)
  const told = {
    en: `At its last start: ${en} By now it is in order.`,
    fr: `Au dernier démarrage : ${fr} C’est réglé depuis.`,
  }
  return finding(evidence, unit, 'likely', told, restart(evidence, { en: 'Start it again.', fr: 'Redémarrez-le.' }))
}

function finding(evidence: Evidence, unit: UnitState, confidence: Confidence, cause: Words, mend: Mend) {
  return {
    symptom: { en: 'The service does not start', fr: 'Le service ne démarre pas' },
    cause,
    confidence,
    evidence: [stateLine(evidence, unit), ...lastWords(evidence)],
    mend,
    at: newestOf(evidence.logs.filter(({ source }) => source === evidence.subject.unit)),
  }
}

const named = (path: string) => (path === '' ? '' : ` ${path}`)

const mayEnter = (user: string, entry: Parameters<typeof isOpenTo>[1]) =>
  user === 'root' ||
  (entry.mode & 0o001) !== 0 ||
  (user === entry.owner && (entry.mode & 0o100) !== 0) ||
  user === entry.group
