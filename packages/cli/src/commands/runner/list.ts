import { type RunnerResource, runnerSkewMs } from '@ikoma/api'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames, shortId } from '../../lookup.ts'
import type { Part } from '../../output.ts'
import { addPageOptions, noteMore } from '../../page-options.ts'
import { type PageOptions, readPages } from '../../pages.ts'
import { shellQuote } from '../../shell-quote.ts'
import { ago, dateAndTime, span } from '../../times.ts'
import { translated } from '../../words.ts'
import { policyTold } from './policy-told.ts'
import { runnerWords } from './runner-words.ts'

export function listRunnersCommand(cli: Cli): Command {
  return addPageOptions(cli.command('list', words), cli).action(cli.remote(listRunners))
}

export async function listRunners(options: PageOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, io, language } = context
  const page = await readPages(client.listRunners, {}, options)
  const names = createNames(client)
  const servers = await Promise.all(page.items.map(({ serverId }) => (serverId ? names.server(serverId) : '')))
  out.answer(page, () => {
    if (page.items.length === 0) return
    const rows = page.items.map((runner, index): Part[] => [
      io.stdout.isTty ? shortId(runner.id) : runner.id,
      runner.name,
      runnerStatusPart(runner, context),
      servers[index] ?? '',
      runner.scopes.join(', '),
      runner.lastSeenAt ? ago(runner.lastSeenAt, context) : t.words.never,
    ])
    out.table(
      [t.columns.id, t.columns.name, t.columns.status, t.columns.server, t.columns.scopes, t.columns.seen],
      rows,
    )
  })
  if (page.items.length === 0) out.note(runnerWords[language].invite)
  for (const runner of page.items) for (const text of troublesOf(runner, context)) out.note({ text, style: 'yellow' })
  noteMore(page.next, context)
  return exitCodes.ok
}

export function runnerStatusPart({ status }: RunnerResource, { t }: RemoteContext): Part {
  const styles = { ONLINE: 'green', OFFLINE: 'red', DISABLED: 'dim' } as const
  return { text: t.runnerStatus[status], style: styles[status] }
}

/** Why a runner that is online gets no orders, and what to do. */
export function troublesOf(runner: RunnerResource, context: RemoteContext): string[] {
  const { name, tooOld, protocol, cloned, draining, capabilities } = runner
  const { language } = context
  const skewMs = runner.clockSkewMs ?? 0
  const problem = policyTold(runner)?.problem
  const machines = cloned?.map(({ machine, address, since }) => `${machine.slice(0, 12)} (${address}, ${since})`)
  return [
    ...(tooOld ? [words[language].tooOld(name, String(protocol))] : []),
    ...(capabilities?.diskFull === true ? [words[language].diskFull(name)] : []),
    ...(problem ? [words[language].policyBroken(name, problem)] : []),
    ...(machines ? [words[language].cloned(name, machines.join(', '))] : []),
    ...(draining ? [words[language].draining(name, draining.by, shellQuote(name))] : []),
    ...tokenTroubles(runner, context),
    ...(Math.abs(skewMs) > runnerSkewMs
      ? [words[language].skew(name, span(Math.abs(skewMs), context), skewMs > 0)]
      : []),
  ]
}

/** Of a token that is awaited, that ended, or that is refused. A former control plane says nothing of them. */
function tokenTroubles({ name, rotation, refused }: RunnerResource, context: RemoteContext): string[] {
  const said = words[context.language]
  const quoted = shellQuote(name)
  const at = (time: string | null) => (time === null ? '' : dateAndTime(time, context))
  const awaited = rotation && rotation.fetchedAt === null ? rotation : null
  return [
    ...(awaited && !awaited.lockedOut ? [said.awaited(name, at(awaited.askedAt), at(awaited.formerUntil))] : []),
    ...(awaited?.lockedOut ? [said.lockedOut(name, at(awaited.formerUntil), quoted)] : []),
    ...(refused && !awaited?.lockedOut
      ? [said[refused.former ? 'refusedFormer' : 'refused'](name, { ...refused, since: at(refused.since), quoted })]
      : []),
  ]
}

interface Refused {
  since: string
  address: string
  /** Its name, to be typed. */
  quoted: string
}

const words = translated({
  en: {
    tooOld: (name: string, protocol: string) =>
      `"${name}" must be updated: it speaks protocol ${protocol}, and gets no orders. Update ikoma there, then: ikoma runner install`,
    cloned: (name: string, machines: string) =>
      `"${name}" is on two machines at once, and neither gets orders: ${machines}. On the copy: ikoma runner install --new-identity`,
    diskFull: (name: string) =>
      `The disk of "${name}" is full: it only looks, and makes room with backup.prune. What fills it: ikoma order create diagnose.run`,
    policyBroken: (name: string, problem: string) =>
      `"${name}" goes on with its last good policy, and would not start again: ${problem}`,
    draining: (name: string, by: string, quoted: string) =>
      `"${name}" is drained, by ${by}, and gets no new orders. As before: ikoma runner resume ${quoted}`,
    awaited: (name: string, since: string, until: string) =>
      `"${name}" was asked for a new token at ${since} and makes it when it is next heard. Its old one holds until ${until}: start it by then.`,
    lockedOut: (name: string, at: string, quoted: string) =>
      `"${name}" is locked out: its token ended at ${at}, before it had made a new one. Invite it again, and type there what this prints: ikoma runner invite --name ${quoted}`,
    refused: (name: string, { since, address, quoted }: Refused) =>
      `A wrong token is shown as "${name}" since ${since}, from ${address}. If that is the server itself: ikoma runner invite --name ${quoted}`,
    refusedFormer: (name: string, { since, address, quoted }: Refused) =>
      `"${name}" is refused since ${since}, at ${address}: its token was replaced, and it still has the old one. Put the new one there, or: ikoma runner invite --name ${quoted}`,
    skew: (name: string, far: string, ahead: boolean) =>
      `The clock of "${name}" is ${far} ${ahead ? 'ahead' : 'behind'}: set it right there, for example with systemd-timesyncd. From a minute on its orders are refused.`,
    summary: 'List runners',
    examples: [
      ['ikoma runner list', 'names, states and scopes'],
      ['ikoma runner list --json', 'as JSON'],
    ],
  },
  fr: {
    tooOld: (name, protocol) =>
      `« ${name} » doit être mis à jour : il parle le protocole ${protocol} et ne reçoit pas d’ordres. Mettez ikoma à jour là-bas, puis : ikoma runner install`,
    cloned: (name, machines) =>
      `« ${name} » est sur deux machines à la fois, et aucune ne reçoit d’ordres : ${machines}. Sur la copie : ikoma runner install --new-identity`,
    diskFull: (name) =>
      `Le disque de « ${name} » est plein : il ne fait plus que regarder, et libérer de la place avec backup.prune. Ce qui le remplit : ikoma order create diagnose.run`,
    policyBroken: (name, problem) =>
      `« ${name} » continue avec sa dernière bonne politique, et ne redémarrerait pas : ${problem}`,
    draining: (name, by, quoted) =>
      `« ${name} » est vidé, par ${by}, et ne reçoit pas de nouveaux ordres. Comme avant : ikoma runner resume ${quoted}`,
    awaited: (name, since, until) =>
      `Un nouveau jeton est demandé à « ${name} » depuis ${since} ; il le fera dès qu’il donnera signe de vie. L’ancien fonctionne jusqu’à ${until} : lancez-le d’ici là.`,
    lockedOut: (name, at, quoted) =>
      `« ${name} » est exclu : son jeton a pris fin à ${at}, avant qu’il s’en soit fait un nouveau. Invitez-le à nouveau, et tapez là-bas ce que ceci affiche : ikoma runner invite --name ${quoted}`,
    refused: (name, { since, address, quoted }) =>
      `Un jeton faux est présenté au nom de « ${name} » depuis ${since}, de ${address}. Si c’est le serveur lui-même : ikoma runner invite --name ${quoted}`,
    refusedFormer: (name, { since, address, quoted }) =>
      `« ${name} » est refusé depuis ${since}, à ${address} : son jeton a été remplacé, et il a encore l’ancien. Mettez-y le nouveau, ou : ikoma runner invite --name ${quoted}`,
    skew: (name, far, ahead) =>
      `L’horloge de « ${name} » est en ${ahead ? 'avance' : 'retard'} de ${far} : réglez-la là-bas, par exemple avec systemd-timesyncd. À partir d’une minute, ses ordres sont refusés.`,
    summary: 'Lister les runners',
    examples: [
      ['ikoma runner list', 'noms, états et portées'],
      ['ikoma runner list --json', 'en JSON'],
    ],
  },
})
