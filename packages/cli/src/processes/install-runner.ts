import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { AppError } from '@ikoma/kernel'
import { readEnvironment, switchVariable } from '@ikoma/kernel/node'
import {
  type Carrying,
  type InstallOptions,
  installRunner,
  rightsLost,
  toldKeys,
  uninstallRunner,
  untilRunnerOnline,
} from '@ikoma/runner'
import * as z from 'zod'
import { givenAuthorities } from '../authorities.ts'
import type { Context } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Style } from '../output.ts'
import { version } from '../version.ts'
import { translated } from '../words.ts'
import { refusePlainHttp } from './plain-http.ts'
import type { InstallRunnerOptions, UninstallRunnerOptions } from './processes.ts'

const environment = z.object({ IKOMA_INSECURE: switchVariable.default(false) })

type Changes = Awaited<ReturnType<typeof installRunner>>

/** Makes this machine a server with a runner and an executor. */
export async function install(options: InstallRunnerOptions, context: Context): Promise<number> {
  refuseUnfit(context)
  const { url, dryRun = false } = options
  const insecure = options.insecure === true || readEnvironment(environment, context.io.env).IKOMA_INSECURE
  if (url !== undefined) refusePlainHttp(url, insecure, context.language)
  const { invitation, ...wanted } = wantedBy(options, insecure, await givenAuthorities(options.ca, context))
  if (options.allow) await refuseSilentLoss(options.allow, options, context)
  const changes = await carried(
    (carrying) => installRunner({ program: programOfThis(), version, invitation, ...wanted }, carrying),
    dryRun,
    context,
  )
  const { out, language } = context
  if (changes.length > 0 && !dryRun) {
    for (const line of words[language].installed) out.note(line)
    // Enrolling told them.
    if (invitation === null) out.note(words[language].acceptKeys(acceptCommand(await toldKeys())))
  }
  const concluded = (online?: boolean) => conclude({ changes, dryRun, online }, context)
  if (dryRun || options.wait === false) return concluded()
  const standing = await standingOf(context)
  concluded(standing.online)
  return standing.online ? exitCodes.ok : sayWhyNot(standing, context)
}

const onlineWithinMs = 30_000

type Standing = Awaited<ReturnType<typeof untilRunnerOnline>>

/** Ctrl-C ends the wait, and takes nothing back: the runner is installed. */
async function standingOf({ io, out, language }: Context): Promise<Standing> {
  const stop = new AbortController()
  const listening = io.onInterrupt(() => stop.abort())
  try {
    out.note(words[language].waiting)
    const { now, sleep } = io
    return await untilRunnerOnline({ withinMs: onlineWithinMs, signal: stop.signal, now, sleep })
  } finally {
    listening()
  }
}

function sayWhyNot({ error, log }: Standing, { out, language }: Context): number {
  const said = words[language]
  out.note({ text: said.notOnline(onlineWithinMs / 1000), style: 'red' }, error === null ? '' : ` ${error}`)
  if (log.length > 0) out.note(said.lastLines)
  for (const line of log) out.note({ text: `  ${line}`, style: 'dim' })
  out.note(said.lookAgain)
  return exitCodes.failure
}

/** Fewer scopes than before take rights away: that is said, and meant only with --yes. */
export async function refuseSilentLoss(
  allow: readonly string[],
  { dryRun = false, yes = false }: Pick<InstallRunnerOptions, 'dryRun' | 'yes'>,
  { out, language }: Pick<Context, 'out' | 'language'>,
  path?: string,
): Promise<void> {
  const { scopes, types } = await rightsLost(allow, path)
  if (types.length === 0) return
  const said = words[language]
  const gone = said.rightsGo(scopes.join(', '), types.length)
  if (!dryRun && !yes) {
    const keep = [...new Set([...scopes, ...allow])].join(',')
    throw new AppError('invalid', `${gone} ${said.confirmLoss(keep)}`, { reason: 'confirmation_required' })
  }
  out.note({ text: gone, style: 'yellow' })
}

/** With a token it enrols; an address alone is where the control plane has moved to. */
export function wantedBy(options: InstallRunnerOptions, insecure: boolean, ca: string | null = null) {
  const { url, token, name, allow, newIdentity = false } = options
  const named = name ? { name } : {}
  const believing = { insecure, ...(ca === null ? {} : { ca }) }
  const invitation = url !== undefined && token !== undefined ? { url, token, ...believing, ...named } : null
  const isMoving = token === undefined && (url !== undefined || ca !== null)
  const moving = isMoving ? { ...(url === undefined ? {} : { url }), ...believing } : null
  return { invitation, moving, newIdentity, ...(allow ? { allow } : {}) }
}

function acceptCommand({ runnerId, sealKey, runnerSealKey }: Awaited<ReturnType<typeof toldKeys>>): string {
  const own = runnerSealKey === null ? '' : ` --runner-seal-key ${runnerSealKey}`
  return `ikoma runner edit ${runnerId} --seal-key ${sealKey}${own}`
}

export async function uninstall({ purge = false, dryRun = false }: UninstallRunnerOptions, context: Context) {
  refuseUnfit(context)
  const changes = await carried((carrying) => uninstallRunner({ purge }, carrying), dryRun, context)
  const { out, language } = context
  if (changes.length > 0 && !dryRun) out.note(purge ? words[language].purged : words[language].uninstalled)
  return conclude({ changes, dryRun }, context)
}

/** The bundle's first file names its parts by their content, so its digest is that of the whole. */
function programOfThis(): InstallOptions['program'] {
  const entry = realpathSync(process.argv[1] ?? '')
  const build = createHash('sha256').update(readFileSync(entry)).digest('hex').slice(0, 12)
  return { node: process.execPath, entry, build }
}

function refuseUnfit({ language }: Context): void {
  if (process.getuid?.() !== 0) throw new AppError('unprocessable', words[language].notRoot, { reason: 'not_root' })
  if (!existsSync('/run/systemd/system')) {
    throw new AppError('unprocessable', words[language].noSystemd, { reason: 'no_systemd' })
  }
}

/** Tells the plan, then each change as it is made. Ctrl-C takes back what was made. */
async function carried(
  carry: (carrying: Carrying) => Promise<Changes>,
  dryRun: boolean,
  { io, out, language }: Context,
): Promise<Changes> {
  const stop = new AbortController()
  const listening = io.onInterrupt(() => stop.abort(new AppError('unprocessable', words[language].interrupted)))
  try {
    return await carry({
      dryRun,
      signal: stop.signal,
      plan(changes) {
        if (dryRun && !out.json) for (const change of changes) showChange(change, out)
      },
      course: {
        log: (text) => out.note(text),
        async step(name, run) {
          out.note('  ', name)
          return run()
        },
      },
    })
  } catch (error) {
    if (!(error instanceof AppError) || error.reason !== 'not_enrolled') throw error
    throw new AppError(error.code, words[language].notEnrolled, { reason: error.reason, cause: error })
  } finally {
    listening()
  }
}

function showChange({ title, diff }: Changes[number], out: Context['out']): void {
  out.line({ text: title, style: 'bold' })
  for (const line of diff?.split('\n') ?? []) if (line !== '') out.line({ text: `  ${line}`, style: styleOf(line) })
}

function styleOf(line: string): Style {
  if (line.startsWith('+')) return 'green'
  return line.startsWith('-') ? 'red' : 'dim'
}

interface Conclusion {
  changes: Changes
  dryRun: boolean
  online?: boolean | undefined
}

function conclude({ changes, dryRun, online }: Conclusion, { out, language }: Context): number {
  const shown = changes.map(({ title, diff }) => ({ title, diff }))
  const told = { changed: changes.length > 0 && !dryRun, changes: shown, ...(online !== undefined && { online }) }
  out.answer(told, () => {
    if (changes.length === 0) out.line(words[language].nothing)
    else out.line(dryRun ? words[language].wouldMake(changes.length) : words[language].made(changes.length))
    if (online === true) out.line(words[language].online)
  })
  return dryRun && changes.length > 0 ? exitCodes.planHasChanges : exitCodes.ok
}

const words = translated({
  en: {
    notRoot: 'Installing needs root. Run the same command with sudo.',
    noSystemd:
      'There is no systemd here, which starts the runner. Without it: ikoma runner enrol, then ikoma runner run',
    notEnrolled:
      'This server is not enrolled. Run `ikoma runner invite` where the control plane is known, and give --url and --token.',
    interrupted: 'Interrupted. What was made was taken back.',
    rightsGo: (scopes: string, count: number) =>
      `--allow leaves out what the policy allows today: ${scopes}. Orders of ${count} ${count === 1 ? 'type' : 'types'} will be refused.`,
    confirmLoss: (keep: string) => `If that is meant, add --yes. To keep it: --allow ${keep}`,
    nothing: 'Nothing to change.',
    wouldMake: (count: number) => `Would make ${count} ${count === 1 ? 'change' : 'changes'}.`,
    made: (count: number) => `Made ${count} ${count === 1 ? 'change' : 'changes'}.`,
    installed: [
      'The runner is started, and will be after every boot.',
      'What orders may do here is in /etc/ikoma/policy.json. Change it: ikoma runner install --allow <scope>',
      '(or by hand: it counts at once. Whether it is right: ikoma policy check).',
      "What was asked and done as root: journalctl -u 'ikoma-executor@*'",
    ],
    waiting: 'Waiting until the control plane has heard of the runner.',
    online: 'The runner is online.',
    notOnline: (seconds: number) =>
      `The runner is installed, and the control plane has not heard of it within ${seconds} s.`,
    lastLines: 'The end of its log:',
    lookAgain: 'It goes on trying. See: journalctl -u ikoma-runner -f, and here: ikoma doctor --url <address>',
    acceptKeys: (command: string) =>
      `For orders that name secrets, an admin accepts the keys of this server once:\n  ${command}`,
    uninstalled: 'Settings, identity, journal and user are kept. Remove them too: ikoma runner uninstall --purge',
    purged:
      'What the installation made is gone; folders of apps stay, with the user that owns them. ' +
      'Remove the runner from the control plane too: ikoma runner remove <runner>',
  },
  fr: {
    notRoot: 'L’installation exige root. Relancez la même commande avec sudo.',
    noSystemd: 'systemd, qui démarre le runner, est absent. Sans lui : ikoma runner enrol, puis ikoma runner run',
    notEnrolled:
      'Ce serveur n’est pas inscrit. Lancez `ikoma runner invite` là où le plan de contrôle est connu, et donnez --url et --token.',
    interrupted: 'Interrompu. Ce qui avait été fait a été défait.',
    rightsGo: (scopes, count) =>
      `--allow laisse de côté ce que la politique permet aujourd’hui : ${scopes}. Les ordres de ${count} ${count === 1 ? 'type' : 'types'} seront refusés.`,
    confirmLoss: (keep) => `Si c’est voulu, ajoutez --yes. Pour le garder : --allow ${keep}`,
    nothing: 'Rien à changer.',
    wouldMake: (count) => `Ferait ${count} ${count === 1 ? 'changement' : 'changements'}.`,
    made: (count) => `${count} ${count === 1 ? 'changement fait' : 'changements faits'}.`,
    installed: [
      'Le runner est démarré, et le sera à chaque démarrage du serveur.',
      'Ce que les ordres peuvent faire ici est dans /etc/ikoma/policy.json. Le changer : ikoma runner install --allow <scope>',
      '(ou à la main : elle compte aussitôt. Si elle est correcte : ikoma policy check).',
      "Ce qui a été demandé et fait en tant que root : journalctl -u 'ikoma-executor@*'",
    ],
    waiting: 'Attente d’un signe de vie du runner au plan de contrôle.',
    online: 'Le runner est en ligne.',
    notOnline: (seconds) => `Le runner est installé, mais le plan de contrôle n’a rien reçu de lui en ${seconds} s.`,
    lastLines: 'La fin de son journal :',
    lookAgain: 'Il continue d’essayer. Voir : journalctl -u ikoma-runner -f, et ici : ikoma doctor --url <adresse>',
    acceptKeys: (command) =>
      `Pour les ordres qui nomment des secrets, un admin accepte une fois les clés de ce serveur :\n  ${command}`,
    uninstalled:
      'Réglages, identité, journal et utilisateur sont gardés. Pour les supprimer : ikoma runner uninstall --purge',
    purged:
      'Ce que l’installation a fait est supprimé ; les dossiers d’applications restent, avec l’utilisateur qui les possède. ' +
      'Retirez aussi le runner du plan de contrôle : ikoma runner remove <runner>',
  },
})
