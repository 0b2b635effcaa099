import { type AuditFaultResource, type AuditVerification, signedHeadPattern } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { type Command, Option } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { readGiven } from '../../files.ts'
import type { Language } from '../../messages/index.ts'
import { translated } from '../../words.ts'

/** As many as one request takes; a chain that has the newest has them all, unless it was forked. */
const maxHeads = 2_000

interface VerifyAuditOptions {
  head?: string[]
}

export function verifyAuditCommand(cli: Cli): Command {
  return cli
    .command('verify', words)
    .addOption(new Option('--head <text|file...>', words[cli.language].options.head))
    .action(cli.remote(verifyAudit))
}

export async function verifyAudit(options: VerifyAuditOptions, context: RemoteContext): Promise<number> {
  const { client, out, language } = context
  const heads = await headsOf(options.head ?? [], context)
  const verification = await client.verifyAudit(heads, ({ events }) => {
    out.note({ text: words[language].progress(events), style: 'dim' })
  })
  const { head, heads: compared } = verification
  out.answer(verification, () => tell(verification, context))
  for (const file of compared.unreadable) out.note(words[language].unreadable(file))
  if (compared.foreign > 0) out.note(words[language].foreign(compared.foreign))
  out.note({ text: words[language].head(head.seq, head.hash), style: 'dim' })
  // Who gave heads asked for a comparison: with none of them there was none.
  const nothingCompared = heads.length > 0 && compared.foreign === heads.length
  return verification.ok && !nothingCompared ? exitCodes.ok : exitCodes.failure
}

/** The signed heads in what was given: one of them as it is, or a file that holds some between other words. */
async function headsOf(given: string[], { out, t, language }: RemoteContext): Promise<string[]> {
  const heads = new Set<string>()
  for (const each of given) {
    const text = each.startsWith('iko_head.') ? each : await readGiven(each, t)
    const found = text.match(new RegExp(signedHeadPattern, 'g')) ?? []
    if (found.length === 0) out.note(words[language].noHead(each))
    for (const head of found) heads.add(head)
  }
  if (given.length > 0 && heads.size === 0) throw noHeads(language)
  if (heads.size > maxHeads) out.note(words[language].many(heads.size, maxHeads))
  return [...heads].slice(-maxHeads)
}

function noHeads(language: Language): AppError {
  return new AppError('invalid', words[language].noHeads, { reason: 'no_heads' })
}

function tell({ ok, events, faults, heads, rows = [] }: AuditVerification, { out, language }: RemoteContext): void {
  const { whole, fault: say, advice } = words[language]
  if (ok) out.line({ text: '✔', style: 'green' }, ' ', whole(events, heads.compared))
  for (const { table, id, problem } of rows) {
    out.line({ text: '✖', style: 'red' }, ' ', words[language].row(table, id), words[language][problem])
  }
  for (const fault of faults) out.line({ text: '✖', style: 'red' }, ' ', say(fault))
  for (const kind of new Set(faults.map(({ fault }) => fault))) out.note(advice[kind])
}

type Kind = AuditFaultResource['fault']

const known = {
  en: {
    given: 'a head that you gave',
    archive: 'a head beside the archive',
    memory: 'what the control plane remembers',
    database: 'what the database itself says of its end',
    keys: 'what is kept with the keys',
  },
  fr: {
    given: 'une tête que vous avez donnée',
    archive: 'une tête à côté de l’archive',
    memory: 'ce dont le plan de contrôle se souvient',
    database: 'ce que la base elle-même dit de sa fin',
    keys: 'ce qui est gardé avec les clés',
  },
} satisfies Record<Language, Record<NonNullable<AuditFaultResource['head']>['from'], string>>

function witnessed(language: Language, { head }: AuditFaultResource): string {
  if (head === null) return ''
  const since = head.at === null ? '' : `, ${head.at}`
  return ` (${known[language][head.from]}: ${head.seq}${since})`
}

const words = translated({
  en: {
    summary: 'Check that no audit event was altered, added or removed',
    details:
      'Each event is checked against the chain and the control plane’s key, and against ends of the audit that are kept\n' +
      'where the database cannot write: beside the archive, in memory, and in the log, whose file --head reads.\n' +
      'Exits with 1 when anything is wrong.',
    examples: [
      ['ikoma audit verify', 'check every event'],
      ['ikoma audit verify --head /var/log/ikoma.log', 'compare with each head in the log'],
      ['ikoma audit verify --json', 'the finding as JSON'],
    ],
    options: { head: 'a signed head that was kept elsewhere, or a file with some, such as a log' },
    whole: (events: number, heads: number) =>
      `${events} events, the chain is whole and under the key; compared with ${heads} known heads.`,
    fault: (fault: AuditFaultResource) => {
      const what: Record<Kind, string> = {
        altered: `Event ${fault.seq} is altered`,
        missing: `Event ${fault.seq} is missing`,
        unkeyed: `Event ${fault.seq} was not written by this control plane: it carries no mark of its key`,
        truncated: `The audit is cut off before event ${fault.seq}`,
        forked: `At event ${fault.seq} the audit has two histories: an older state of the database was put back`,
        head_differs: `Event ${fault.seq} is not the one that was known`,
        head_forged: 'A head that was given was signed by nobody',
      }
      return `${what[fault.fault]}${witnessed('en', fault)}.`
    },
    advice: {
      altered:
        'Altered: somebody wrote to the database. Compare with a backup from before, and change its credentials.',
      missing:
        'Missing: somebody deleted from the database. Compare with a backup from before, and change its credentials.',
      unkeyed:
        'Unkeyed: no process of a former version may write any more. Stop one that still runs; otherwise somebody wrote to the database.',
      truncated:
        'Cut off: entries were deleted, or an older backup was restored. If you restored it yourself, stop the control plane, delete audit.head in its keys folder, and start it.',
      forked:
        'Two histories: look for who restored the database. If it was you, note it, and delete audit.head in the keys folder while the control plane is stopped.',
      head_differs: 'Another event: the audit was rewritten, or the head is of another database of this control plane.',
      head_forged: 'Signed by nobody: do not trust where that head came from.',
    } satisfies Record<Kind, string>,
    progress: (events: number) => `${events} events checked …`,
    unreadable: (file: string) => `${file} in the archive could not be read: its heads were not compared.`,
    foreign: (count: number) => `${count} given heads are of another control plane: they were not compared.`,
    noHead: (name: string) => `There is no signed head in ${name}.`,
    noHeads: 'Nothing to compare: give a head, which begins with iko_head.2., or a file that has one in it.',
    many: (all: number, most: number) => `${all} heads were found; the last ${most} are compared.`,
    row: (table: string, id: string) => `Row ${id} of ${table} `,
    broken: 'was changed in the database.',
    newer: 'was written by a newer IKOMA.',
    outdated: 'is an older copy: the audit knows what happened later.',
    head: (seq: number, hash: string) => `head ${seq} ${hash}`,
  },
  fr: {
    summary: 'Vérifier qu’aucun événement d’audit n’a été altéré, ajouté ou retiré',
    details:
      'Chaque événement est comparé à la chaîne, à la clé du plan de contrôle, et aux fins d’audit gardées là où la base\n' +
      'ne peut pas écrire : à côté de l’archive, en mémoire, et dans le journal, dont --head lit le fichier.\n' +
      'Sort avec 1 si quelque chose ne va pas.',
    examples: [
      ['ikoma audit verify', 'vérifier chaque événement'],
      ['ikoma audit verify --head /var/log/ikoma.log', 'comparer à chaque tête du journal'],
      ['ikoma audit verify --json', 'le constat en JSON'],
    ],
    options: { head: 'une tête signée gardée ailleurs, ou un fichier qui en contient, comme un journal' },
    whole: (events, heads) =>
      `${events} événements, la chaîne est intacte et sous la clé ; comparée à ${heads} têtes connues.`,
    fault: (fault) => {
      const what: Record<Kind, string> = {
        altered: `L’événement ${fault.seq} est altéré`,
        missing: `L’événement ${fault.seq} manque`,
        unkeyed: `L’événement ${fault.seq} n’a pas été écrit par ce plan de contrôle : il ne porte pas la marque de sa clé`,
        truncated: `L’audit est coupé avant l’événement ${fault.seq}`,
        forked: `À l’événement ${fault.seq}, l’audit a deux histoires : un état plus ancien de la base a été remis`,
        head_differs: `L’événement ${fault.seq} n’est pas celui qui était connu`,
        head_forged: 'Une tête donnée n’a été signée par personne',
      }
      return `${what[fault.fault]}${witnessed('fr', fault)}.`
    },
    advice: {
      altered: 'Altéré : quelqu’un a écrit dans la base. Comparez à une sauvegarde d’avant, et changez ses accès.',
      missing: 'Manquant : quelqu’un a effacé dans la base. Comparez à une sauvegarde d’avant, et changez ses accès.',
      unkeyed:
        'Sans marque : aucun processus d’une version antérieure ne doit plus écrire. Arrêtez celui qui tourne encore ; sinon quelqu’un a écrit dans la base.',
      truncated:
        'Coupé : des événements ont été effacés, ou une sauvegarde plus ancienne restaurée. Si c’est vous, arrêtez le plan de contrôle, effacez audit.head dans son dossier de clés, et relancez-le.',
      forked:
        'Deux histoires : cherchez qui a restauré la base. Si c’est vous, notez-le, et effacez audit.head dans le dossier de clés, plan de contrôle arrêté.',
      head_differs:
        'Autre événement : l’audit a été réécrit, ou la tête vient d’une autre base de ce plan de contrôle.',
      head_forged: 'Signée par personne : ne vous fiez pas à la provenance de cette tête.',
    },
    progress: (events) => `${events} événements vérifiés …`,
    unreadable: (file) => `${file}, dans l’archive, est illisible : ses têtes n’ont pas été comparées.`,
    foreign: (count) => `${count} têtes données sont d’un autre plan de contrôle : elles n’ont pas été comparées.`,
    noHead: (name) => `Il n’y a pas de tête signée dans ${name}.`,
    noHeads: 'Rien à comparer : donnez une tête, qui commence par iko_head.2., ou un fichier qui en contient une.',
    many: (all, most) => `${all} têtes ont été trouvées ; les ${most} dernières sont comparées.`,
    row: (table, id) => `La ligne ${id} de ${table} `,
    broken: 'a été modifiée dans la base.',
    newer: 'a été écrite par un IKOMA plus récent.',
    outdated: 'est une copie ancienne : l’audit sait ce qui a suivi.',
    head: (seq, hash) => `tête ${seq} ${hash}`,
  },
})
