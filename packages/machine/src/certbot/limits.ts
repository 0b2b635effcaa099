import { AppError } from '@ikoma/kernel'
import { readCertificate } from '../certificate.ts'
import type { Host, Program } from '../host.ts'
import { toolFailed } from '../must-run.ts'
import { type AcmeProblem, acmeProblemIn } from './acme-problem.ts'
import type { CertbotPlaces } from './places.ts'

export const production = 'https://acme-v02.api.letsencrypt.org/directory'

/** https://letsencrypt.org/docs/rate-limits/: of a host in an hour, and of the same names in a week. */
const maxFailuresAnHour = 5
const maxCertificatesAWeek = 5
/** One is left to certbot's own timer, and to people. */
const keptBack = 1
const [hourMs, weekMs] = [3_600_000, 7 * 24 * 3_600_000]

export interface Asking {
  name: string
  domains: readonly string[]
  /** Null where no limits are known. */
  directoryUrl: string | null
  places: CertbotPlaces
}

interface Failure {
  domain: string
  at: string
}

/** Refuses what Let's Encrypt would, or what would leave people none of what it allows. Asks nobody. */
export async function refuseSpent(host: Host, asking: Asking): Promise<void> {
  if (asking.directoryUrl !== production) return
  const nowMs = Date.now()
  for (const domain of asking.domains) {
    const failed = (await failuresOf(host, asking.places)).filter((each) => each.domain === domain)
    const recent = failed.map(({ at }) => Date.parse(at)).filter((atMs) => atMs <= nowMs && nowMs - atMs < hourMs)
    if (recent.length < maxFailuresAnHour - keptBack) continue
    throw limited(
      `${recent.length} validations of ${domain} failed within an hour; Let's Encrypt allows ${maxFailuresAnHour}. Mend the cause`,
      Math.min(...recent) + hourMs,
    )
  }
  const issued = await issuedThisWeek(host, asking, nowMs)
  if (issued.length < maxCertificatesAWeek) return
  const what = `${issued.length} certificates for ${asking.domains.join(', ')} were got within a week`
  throw limited(
    `${what}; Let's Encrypt allows ${maxCertificatesAWeek}. Use the one that is there`,
    Math.min(...issued) + weekMs,
  )
}

/** Runs certbot. A failure tells domain and cause; one of the authority's will not pass by being tried again. */
export async function runCertbot(host: Host, program: Program, asking: Asking): Promise<void> {
  const exit = await host.run(program)
  if (exit.code === 0) return
  const problem = acmeProblemIn(`${exit.stdout}\n${exit.stderr}`)
  if (problem === null) throw toolFailed('certbot', exit)
  // That it cannot be remembered is no reason to hide why it failed.
  if (asking.directoryUrl === production) await remember(host, asking.places, problem).catch(() => {})
  throw new AppError('unprocessable', problem.message, { reason: problem.reason })
}

/** The times of issue, by what certbot keeps of each. */
async function issuedThisWeek(host: Host, { name, domains, places }: Asking, nowMs: number): Promise<number[]> {
  const folder = `${places.config}/archive/${name}`
  const numbers = (await host.list(folder)).flatMap((file) => /^cert(\d+)\.pem$/.exec(file)?.[1] ?? []).map(Number)
  const times: number[] = []
  for (const number of numbers.sort((a, b) => b - a).slice(0, 2 * maxCertificatesAWeek)) {
    const found = readCertificate((await host.read(`${folder}/cert${number}.pem`)) ?? '', nowMs)
    if (found === null || found.names.toSorted().join() !== domains.toSorted().join()) continue
    // The authority dates it an hour back.
    const atMs = Date.parse(found.validFrom) + hourMs
    if (nowMs - atMs < weekMs) times.push(atMs)
  }
  return times
}

const root = { owner: 'root', group: 'root' }
const fileOf = ({ work }: CertbotPlaces) => `${work}/ikoma-failed-validations.json`

async function failuresOf(host: Host, places: CertbotPlaces): Promise<Failure[]> {
  try {
    const kept: unknown = JSON.parse((await host.read(fileOf(places))) ?? '[]')
    return Array.isArray(kept)
      ? kept.filter((each) => typeof each?.domain === 'string' && typeof each?.at === 'string')
      : []
  } catch {
    return []
  }
}

async function remember(host: Host, places: CertbotPlaces, { failed }: AcmeProblem): Promise<void> {
  if (failed.length === 0) return
  const nowMs = Date.now()
  const young = (await failuresOf(host, places)).filter(({ at }) => nowMs - Date.parse(at) < hourMs)
  const at = new Date(nowMs).toISOString()
  const content = `${JSON.stringify([...young, ...failed.map((domain) => ({ domain, at }))])}\n`
  // certbot makes it where it gets far enough.
  if ((await host.look(places.work)) === null) await host.makeDirectory(places.work, { mode: 0o755, ...root })
  await host.write(fileOf(places), { content, mode: 0o600, ...root })
}

function limited(why: string, againMs: number): AppError {
  const message = `${why}; it may be asked again from ${new Date(againMs).toISOString()}.`
  return new AppError('unprocessable', message, { reason: 'acme_limit' })
}
