import { appDown } from '../consequences.ts'
import type { Evidence } from '../evidence.ts'
import type { Finding, Mend, Words } from '../finding.ts'
import { parentOf } from '../paths.ts'
import { advise, logRule, matchLogs, type Rule, shown } from '../rule.ts'
import { accessOf, isOpenTo } from './files.ts'
import { giveFolder } from './mends.ts'
import { migrateCommand } from './migration.ts'

const cannotOpen = /unable to open database file|SQLITE_CANTOPEN/

export const databaseFileMissing: Rule = {
  name: 'database_file_missing',
  explains: [...appDown, 'migration_missing'],
  patterns: [cannotOpen],
  find(evidence): Finding | null {
    const { subject, files } = evidence
    const path = subject.sqlitePath
    const gone = path !== null && files[path] === null
    const matches = matchLogs(evidence, [cannotOpen])
    if (!gone && matches.length === 0) return null
    const closed = path === null ? null : closedDirectory(evidence, path)
    const access = closed === null ? null : files[closed]
    return {
      symptom: { en: 'The SQLite database cannot be opened', fr: 'La base SQLite ne s’ouvre pas' },
      cause: causeOf(gone ? path : null, closed),
      confidence: gone ? 'certain' : 'likely',
      evidence: [
        ...(gone ? [`${path}: not there`] : []),
        ...(closed ? [`${closed}: ${access ? accessOf(access) : 'not there'}`] : []),
        ...shown(matches.map(({ line }) => line)),
      ],
      mend: closed ? giveDirectory(evidence, closed) : makeDatabase(evidence),
    }
  },
}

/** The directory of the database, where it is not there or its user may not write to it. */
function closedDirectory({ unit, files }: Evidence, path: string): string | null {
  const directory = parentOf(path)
  const entry = files[directory]
  if (entry === undefined || !unit) return null
  if (entry === null) return directory
  return isOpenTo(unit.user, entry) ? null : directory
}

function causeOf(gone: string | null, closed: string | null): Words {
  if (closed !== null) {
    return {
      en: `Its directory ${closed} is not there, or its user may not write to it.`,
      fr: `Son dossier ${closed} n’existe pas, ou son utilisateur ne peut pas y écrire.`,
    }
  }
  if (gone !== null) return { en: `${gone} is not there.`, fr: `${gone} n’existe pas.` }
  return {
    en: 'Its directory is not there, or closed to the user of the app.',
    fr: 'Son dossier n’existe pas, ou est fermé à l’utilisateur de l’app.',
  }
}

function giveDirectory(evidence: Evidence, path: string): Mend {
  const command = migrateCommand(evidence)
  return giveFolder(evidence, path, {
    en: `; then run the migrations: ${command}`,
    fr: ` ; puis lancez les migrations : ${command}`,
  })
}

function makeDatabase(evidence: Evidence): Mend {
  return advise(
    `Check DB_PATH, then run the migrations, which make the file: ${migrateCommand(evidence)}`,
    `Vérifiez DB_PATH, puis lancez les migrations, qui créent le fichier : ${migrateCommand(evidence)}`,
  )
}

export const databaseDamaged = logRule({
  name: 'database_damaged',
  patterns: [/database disk image is malformed|SQLITE_CORRUPT|file is not a database|SQLITE_NOTADB/],
  explains: appDown,
  symptom: { en: 'The SQLite database is damaged', fr: 'La base SQLite est abîmée' },
  cause: () => ({ en: 'Its file is not what SQLite wrote.', fr: 'Son fichier n’est pas ce que SQLite a écrit.' }),
  mend: () =>
    advise(
      'Stop the app, keep a copy of the file, and restore the last proven backup (an order of the type db.sqlite.restore).',
      'Arrêtez l’app, gardez une copie du fichier, et restaurez la dernière sauvegarde prouvée (un ordre db.sqlite.restore).',
    ),
})
