import {
  ApiError,
  type Client,
  createClient,
  ForeignAnswer,
  grantSkewMs,
  type RunnerResource,
  runnerSkewMs,
  UnreachableError,
} from '@ikoma/api'
import { connectionFailure, isLoopbackUrl } from '@ikoma/kernel'
import { fetchBelieving, type HttpAnswer } from '@ikoma/kernel/node'
import type { Context } from './command-context.ts'
import { jumpText } from './commands/control-plane/clock.ts'
import { policyTold } from './commands/runner/policy-told.ts'
import { runnerWords } from './commands/runner/runner-words.ts'
import { contextsPath, readContexts } from './contexts.ts'
import { type ControlPlane, type ControlPlaneOptions, findControlPlane } from './find-control-plane.ts'
import { shortId } from './lookup.ts'
import { eachItem } from './pages.ts'
import { dateAndTime, span } from './times.ts'
import { unreachableAt } from './unreachable.ts'
import { translated } from './words.ts'

/** One thing that was looked at. Names are stable, for programs. */
export interface Check {
  name: string
  status: 'ok' | 'warn' | 'fail'
  detail: string
  /** What to do about it. */
  advice: string | null
}

const oldestNode = 24
const noticeableSkewMs = 5_000
/** A runner that is there has made its new token after its next sign of life. */
const rotationWithinMs = 300_000

/** Every check, in the order in which one failing explains the next. */
export async function checkAll(options: ControlPlaneOptions, context: Context): Promise<Check[]> {
  const { language } = context
  const local = [checkNode(context), await checkContexts(context)]
  let controlPlane: ControlPlane
  try {
    controlPlane = await findControlPlane(options, context)
  } catch (error) {
    return [...local, fail('control_plane', messageOf(error), words[language].adviceContext)]
  }
  const reached = await checkReachable(controlPlane, context)
  if (reached.some(({ status }) => status === 'fail')) return [...local, ...reached]
  return [...local, ...reached, ...(await checkAccess(controlPlane, context))]
}

function checkNode({ io, language }: Context): Check {
  const detail = `Node.js ${io.nodeVersion}`
  if (Number.parseInt(io.nodeVersion, 10) >= oldestNode) return ok('node', detail)
  return fail('node', detail, words[language].adviceNode(oldestNode))
}

async function checkContexts(context: Context): Promise<Check> {
  const path = contextsPath(context.io)
  try {
    const { contexts } = await readContexts(context)
    return ok('contexts', words[context.language].contexts(Object.keys(contexts).length, path))
  } catch (error) {
    return fail('contexts', messageOf(error), `chmod 600 ${path}`)
  }
}

async function checkReachable({ url, ca }: ControlPlane, context: Context): Promise<Check[]> {
  const { io, language } = context
  const askedAt = io.now()
  const question = { method: 'GET', headers: {}, signal: AbortSignal.timeout(5_000) }
  let response: HttpAnswer
  try {
    response = await fetchBelieving(ca)(new URL('/readyz', url), question)
    refuseForeign(url, response, await response.text())
  } catch (error) {
    const { text, advice } = await unreachableAt(url, connectionFailure(error), language)
    return [fail('reachable', text, advice)]
  }
  const ready = response.ok
    ? ok('reachable', words[language].ready(url))
    : fail('reachable', words[language].notReady(url, response.status), words[language].adviceNotReady)
  const encrypted = url.startsWith('https:') || isLoopbackUrl(url)
  const plain = encrypted ? [] : [warn('encryption', words[language].plainHttp(url), words[language].advicePlainHttp)]
  return [ready, ...plain, ...checkClock(response, (askedAt + io.now()) / 2, context)]
}

/** A page of a proxy says nothing of the control plane. */
function refuseForeign(url: string, response: HttpAnswer, text: string): void {
  try {
    JSON.parse(text)
  } catch {
    throw new ForeignAnswer(url, response, text)
  }
}

/** The Date header counts whole seconds: it was true half a second ago on average. */
function checkClock(response: HttpAnswer, askedAt: number, context: Context): Check[] {
  const { language } = context
  const date = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(date)) return []
  const skewMs = Math.abs(date + 500 - askedAt)
  if (skewMs <= noticeableSkewMs) return [ok('clock', words[language].clock)]
  const detail = words[language].clockSkew(span(skewMs, context))
  return [
    skewMs < grantSkewMs
      ? warn('clock', detail, words[language].adviceClock)
      : fail('clock', detail, words[language].adviceClock),
  ]
}

async function checkAccess(controlPlane: ControlPlane, context: Context): Promise<Check[]> {
  const { t, language } = context
  if (!controlPlane.credential) return [fail('credential', words[language].noCredential, t.errors.unauthorizedHint)]
  const client = createClient({ ...controlPlane, fetch: fetchBelieving(controlPlane.ca) })
  const runners: RunnerResource[] = []
  try {
    for await (const runner of eachItem(client.listRunners)) runners.push(runner)
  } catch (error) {
    const expected = error instanceof ApiError || error instanceof UnreachableError
    if (!expected) throw error
    return [fail('credential', messageOf(error), t.errors.unauthorizedHint)]
  }
  const accepted = ok('credential', words[language].accepted(t.contexts.source[controlPlane.source]))
  const own = await checkControlPlane(client, context)
  const rest = [accepted, ...own]
  if (runners.length === 0) return [...rest, warn('runners', words[language].noRunner, runnerWords[language].invite)]
  const offline = runners.filter(({ status }) => status === 'OFFLINE').map(({ name }) => name)
  const online =
    offline.length === 0
      ? ok('runners', words[language].runnersOnline(runners.length))
      : warn('runners', words[language].runnersOffline(offline.join(', ')), words[language].adviceOffline)
  return [...rest, online, ...checkRunners(runners, context), ...(await checkSilentOrders(client, context))]
}

/** What a former version does not tell is not looked at. */
async function checkControlPlane(client: Client, context: Context): Promise<Check[]> {
  const said = words[context.language]
  const orNull = (error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
  const clock = await client.getClock().catch(orNull)
  const drain = await client.getDrain().catch(orNull)
  const jumped = clock && jumpText(clock, context)
  return [
    ...(jumped ? [fail('clock_jumped', jumped, said.adviceJump)] : []),
    ...(drain?.draining ? [warn('draining', said.draining(drain.draining.by), 'ikoma control-plane resume')] : []),
  ]
}

/** Orders that may run unheard of: somebody must look. */
async function checkSilentOrders(client: Client, context: Context): Promise<Check[]> {
  const said = words[context.language]
  const { items } = await client.listOrders({ status: 'STALE', limit: 100 })
  const silent = items.filter(({ heldUntil = null }) => heldUntil !== null)
  if (silent.length === 0) return []
  const told = silent.map(({ id, heldUntil }) => said.silent(shortId(id), dateAndTime(heldUntil ?? '', context)))
  return [warn('orders_silent', said.silentOrders(told.join(', ')), said.adviceSilent)]
}

function checkRunners(runners: RunnerResource[], context: Context): Check[] {
  const said = words[context.language]
  const off = runners.filter(({ clockSkewMs }) => Math.abs(clockSkewMs ?? 0) > runnerSkewMs)
  const broken = runners.filter((runner) => policyTold(runner)?.problem !== undefined)
  const drained = runners.filter(({ draining }) => draining)
  const names = (found: RunnerResource[]) => found.map(({ name }) => name).join(', ')
  const awaited = runners.filter(({ rotation }) => rotation && rotation.fetchedAt === null && !rotation.lockedOut)
  const asked = ({ rotation }: RunnerResource) => Date.parse(rotation?.askedAt ?? '')
  const pending = awaited.filter((runner) => context.io.now() - asked(runner) > rotationWithinMs)
  const out = runners.filter(({ rotation, refused }) => rotation?.lockedOut || refused?.former)
  const refused = runners.filter((runner) => runner.refused && !out.includes(runner))
  const far = (skewMs: number) => `${skewMs > 0 ? '+' : '−'}${span(Math.abs(skewMs), context)}`
  const skews = off.map(({ name, clockSkewMs }) => `${name} (${far(clockSkewMs ?? 0)})`).join(', ')
  const judge = off.some(({ clockSkewMs }) => Math.abs(clockSkewMs ?? 0) >= grantSkewMs) ? fail : warn
  return [
    ...(off.length > 0 ? [judge('runner_clocks', said.runnerClocks(skews), said.adviceRunnerClock)] : []),
    ...(broken.length > 0 ? [warn('runner_policies', said.policiesBroken(names(broken)), said.advicePolicies)] : []),
    ...(drained.length > 0
      ? [warn('runners_draining', said.runnersDraining(names(drained)), said.adviceDraining)]
      : []),
    ...(pending.length > 0 ? [warn('runner_tokens', said.tokensAwaited(names(pending)), said.adviceTokens)] : []),
    ...(out.length > 0 ? [fail('runners_locked_out', said.lockedOut(names(out)), said.adviceLockedOut)] : []),
    ...(refused.length > 0 ? [warn('runners_refused', said.refused(names(refused)), said.adviceRefused)] : []),
  ]
}

function ok(name: string, detail: string): Check {
  return { name, status: 'ok', detail, advice: null }
}

function warn(name: string, detail: string, advice: string): Check {
  return { name, status: 'warn', detail, advice }
}

function fail(name: string, detail: string, advice: string): Check {
  return { name, status: 'fail', detail, advice }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const words = translated({
  en: {
    adviceNode: (oldest: number) => `Install Node.js ${oldest} or newer.`,
    contexts: (count: number, path: string) => `${count} contexts in ${path}`,
    adviceContext: 'See what would be used: ikoma context show',
    ready: (url: string) => `control plane ready at ${url}`,
    notReady: (url: string, status: number) => `control plane at ${url} is not ready (${status})`,
    adviceNotReady: 'Read its log: the database may be out of reach.',
    plainHttp: (url: string) => `credentials travel unencrypted to ${url}`,
    advicePlainHttp: 'Put it behind https.',
    clock: 'clocks agree',
    clockSkew: (span: string) => `clocks differ by ${span}`,
    adviceClock: 'Synchronise both machines, for example with systemd-timesyncd.',
    noCredential: 'no credential',
    accepted: (source: string) => `credential accepted (from ${source})`,
    runnersOnline: (count: number) => `${count} ${count === 1 ? 'runner' : 'runners'}, all online`,
    runnersOffline: (names: string) => `offline: ${names}`,
    adviceOffline: 'On that server: systemctl status ikoma-runner, or start it with `ikoma runner run`.',
    noRunner: 'no runner yet',
    silent: (id: string, until: string) => `${id} (its key is held until ${until})`,
    silentOrders: (orders: string) => `orders that may still be running, unheard of: ${orders}`,
    adviceSilent:
      "Look at their servers; a verdict ends one: ikoma order settle <id> --as succeeded (or failed) --reason '…'",
    adviceJump: 'Synchronise that machine, for example with systemd-timesyncd; see: ikoma control-plane clock',
    draining: (by: string) => `the control plane is drained, by ${by}: no orders are given`,
    runnerClocks: (names: string) => `clocks of runners that are off: ${names}`,
    adviceRunnerClock:
      'Synchronise these machines, for example with systemd-timesyncd: from a minute on orders are refused.',
    policiesBroken: (names: string) => `policies that cannot be understood; the last good ones stay in force: ${names}`,
    advicePolicies: 'On that server: sudo ikoma policy check',
    runnersDraining: (names: string) => `drained, without new orders: ${names}`,
    adviceDraining: 'As before: ikoma runner resume <name>, or a restart of it.',
    tokensAwaited: (names: string) =>
      `asked for a new token more than five minutes ago, and have not made it: ${names}`,
    adviceTokens: 'Start them before their old tokens end, and update ikoma there; until when: ikoma runner list',
    lockedOut: (names: string) => `locked out, since their tokens have ended: ${names}`,
    adviceLockedOut: 'Invite each again, and type there what this prints: ikoma runner invite --name <name>',
    refused: (names: string) => `not heard, and a wrong token is shown under the name of: ${names}`,
    adviceRefused: 'From where: ikoma runner list. If it is the server itself: ikoma runner invite --name <name>',
  },
  fr: {
    adviceNode: (oldest) => `Installez Node.js ${oldest} ou plus récent.`,
    contexts: (count, path) => `${count} contextes dans ${path}`,
    adviceContext: 'Pour voir ce qui serait utilisé : ikoma context show',
    ready: (url) => `plan de contrôle prêt à ${url}`,
    notReady: (url, status) => `le plan de contrôle à ${url} n’est pas prêt (${status})`,
    adviceNotReady: 'Lisez son journal : la base de données est peut-être inaccessible.',
    plainHttp: (url) => `les accès voyagent en clair vers ${url}`,
    advicePlainHttp: 'Placez-le derrière https.',
    clock: 'les horloges concordent',
    clockSkew: (span) => `les horloges diffèrent de ${span}`,
    adviceClock: 'Synchronisez les deux machines, par exemple avec systemd-timesyncd.',
    noCredential: 'aucun accès',
    accepted: (source) => `accès accepté (d’après ${source})`,
    runnersOnline: (count) => (count > 1 ? `${count} runners, tous en ligne` : `${count} runner, en ligne`),
    runnersOffline: (names) => `hors ligne : ${names}`,
    adviceOffline: 'Sur ce serveur : systemctl status ikoma-runner, ou lancez-le avec `ikoma runner run`.',
    noRunner: 'aucun runner pour l’instant',
    silent: (id, until) => `${id} (sa clé est retenue jusqu’à ${until})`,
    silentOrders: (orders) => `ordres qui tournent peut-être encore, sans nouvelles : ${orders}`,
    adviceSilent:
      "Regardez leurs serveurs ; un verdict met fin à un ordre : ikoma order settle <id> --as succeeded (ou failed) --reason '…'",
    adviceJump: 'Synchronisez cette machine, par exemple avec systemd-timesyncd ; voir : ikoma control-plane clock',
    draining: (by) => `le plan de contrôle est vidé, par ${by} : aucun ordre n’est donné`,
    runnerClocks: (names) => `horloges de runners déréglées : ${names}`,
    adviceRunnerClock:
      'Synchronisez ces machines, par exemple avec systemd-timesyncd : à partir d’une minute, leurs ordres sont refusés.',
    policiesBroken: (names) => `politiques incompréhensibles ; les dernières bonnes restent en vigueur : ${names}`,
    advicePolicies: 'Sur ce serveur : sudo ikoma policy check',
    runnersDraining: (names) => `vidés, sans nouveaux ordres : ${names}`,
    adviceDraining: 'Comme avant : ikoma runner resume <nom>, ou le redémarrer.',
    tokensAwaited: (names) => `nouveau jeton demandé depuis plus de cinq minutes, et pas encore fait : ${names}`,
    adviceTokens:
      'Lancez-les avant la fin de leurs anciens jetons, et mettez ikoma à jour là-bas ; la date : ikoma runner list',
    lockedOut: (names) => `exclus, leurs jetons ayant pris fin : ${names}`,
    adviceLockedOut: 'Invitez chacun à nouveau, et tapez là-bas ce que ceci affiche : ikoma runner invite --name <nom>',
    refused: (names) => `sans signe de vie, et un jeton faux est présenté au nom de : ${names}`,
    adviceRefused: 'D’où : ikoma runner list. Si c’est le serveur lui-même : ikoma runner invite --name <nom>',
  },
})
