import type { Entry, Host } from '@ikoma/machine'
import type { Evidence, Listener, LogLine, MigrationTool, UnitState } from '../evidence.ts'
import { parentOf } from '../paths.ts'
import type { Probes } from '../probes.ts'
import type { Subject } from '../subject.ts'
import { type SeenDocker, seeContainers } from './containers.ts'
import { seeKeepAlive } from './keep-alive.ts'
import { countsSince } from './last-run.ts'
import { endOfFile, isAbout, journalOf, type RawLine, readable, seeKernelKills, settledSince } from './logs.ts'
import { Look } from './look.ts'
import { seeDisks, seeFirewall, seeListeners, seeMemory, seeOpenedByDocker, seeSynchronized } from './machine.ts'
import { seeUnfinishedPackages } from './packages.ts'
import { pm2Log, type SeenPm2, seePm2 } from './pm2.ts'
import { type SeenUnit, seeManaged, seeProxies, seeServices, seeUnit } from './unit.ts'

export interface Sight {
  host: Host
  probes: Probes
  /** Hides the secrets of these environments, and what looks like one. */
  redaction(environments: readonly Readonly<Record<string, string>>[]): (text: string) => string
  now: number
}

/** Looks at everything that the subject touches; only reads, and what it cannot see it says. */
export async function gather(subject: Subject, sight: Sight): Promise<Evidence> {
  const look = new Look(sight.host)
  const { unit: name, pm2Name, pm2User, composeFile, domain, url } = subject
  const sinceMs = sight.now - subject.sinceMin * 60_000
  const seen = name === null ? null : await seeUnit(look, name, sight.now)
  const pm2 = pm2Name === null ? null : await seePm2(look, { name: pm2Name, user: pm2User, now: sight.now })
  const folder = composeFile === null ? null : parentOf(composeFile)
  const containers = folder === null ? null : await seeContainers(look, folder, { sinceMs, now: sight.now })
  const http = url === null ? null : await sight.probes.http(url)
  const logs = await seeLogs(look, subject, { seen, pm2, containers }, sight)
  const unit = seen?.unit ?? null
  const listeners = await seeListeners(look)
  return {
    subject,
    unit,
    managedUnits: await seeManaged(look, unitsIn(subject, listeners)),
    services: await seeServices(look),
    logs,
    listeners,
    disks: await seeDisks(look, placesOf(subject, unit?.workingDirectory)),
    memory: await seeMemory(look),
    files: await seeFiles(look, subject, [...pathsOf(unit), ...pathsIn(logs)]),
    migrations: await seeMigrations(look, unit?.workingDirectory || folder || ''),
    http,
    askedAt: sight.now,
    tls: domain === null ? null : await sight.probes.tls(domain),
    dns: domain === null ? null : { ...(await sight.probes.dns(domain)), own: sight.probes.ownAddresses() },
    docker: containers?.docker ?? null,
    pm2: pm2?.process ?? null,
    firewall: domain === null ? null : await seeFirewall(look),
    pastFirewall: await seeOpenedByDocker(look),
    unfinishedPackages: await seeUnfinishedPackages(look),
    keepAlive: await seeKeepAlive(look, portOf(subject, listeners), logs, sight.probes),
    clock: { synchronized: await seeSynchronized(look), skewMs: await sight.probes.clockSkewMs() },
    notLookedAt: look.notLookedAt,
  }
}

interface Seen {
  seen: SeenUnit | null
  pm2: SeenPm2 | null
  containers: SeenDocker | null
}

async function seeLogs(
  look: Look,
  subject: Subject,
  { seen, pm2, containers }: Seen,
  sight: Sight,
): Promise<LogLine[]> {
  const { unit, pm2Name, sinceMin } = subject
  const sinceMs = sight.now - sinceMin * 60_000
  // By names that say so: which of its values are secrets is known there.
  const composed = Object.fromEntries((containers?.secrets ?? []).map((value, index) => [`SECRET_${index}`, value]))
  const environments = [seen?.environment ?? {}, pm2?.environment ?? {}]
  const redact = sight.redaction(containers === null ? environments : [...environments, composed])
  const read = (lines: RawLine[], from = 0) => readable(lines, { sinceMs: Math.max(sinceMs, from), redact })
  const logs: LogLine[] = []
  let ofUnit = 0
  if (unit !== null && seen !== null) {
    const lines = await journalOf(look, unit, sinceMs)
    ofUnit = countsSince(seen.lastStart, lines, unit)
    logs.push(...read(lines, ofUnit))
  }
  // PM2 writes no times: of a process that has settled nobody knows what is over.
  if (pm2Name !== null && pm2 !== null && settledSince(pm2.process, sight.now) === 0) {
    logs.push(...read(await pm2Log(look, pm2, pm2Name)))
  }
  logs.push(...read(containers?.logs ?? []))
  const site = subject.domain ?? (subject.url === null ? null : new URL(subject.url).hostname)
  if (site !== null) {
    const lines = [...(await proxyLogs(look, sinceMs, sight.now)), ...(await certbotLog(look))]
    logs.push(...read(lines.filter(({ text }) => isAbout(text, site))))
  }
  logs.push(...read(await seeKernelKills(look, sinceMs), ofUnit))
  return logs
}

async function proxyLogs(look: Look, sinceMs: number, now: number): Promise<RawLine[]> {
  const logs: RawLine[] = []
  for (const { name, lastStart } of await seeProxies(look, now)) {
    const lines = await journalOf(look, name, sinceMs)
    if (name === 'nginx.service') lines.push(...(await endOfFile(look, '/var/log/nginx/error.log', name)))
    const since = countsSince(lastStart, lines, name)
    logs.push(...lines.filter(({ at }) => at === null || at >= since))
  }
  return logs
}

function certbotLog(look: Look): Promise<RawLine[]> {
  return endOfFile(look, '/var/log/letsencrypt/letsencrypt.log', 'certbot')
}

function unitsIn({ unit }: Subject, listeners: readonly Listener[] | null): string[] {
  const named = [unit, ...(listeners ?? []).map((each) => each.unit)].filter((each) => each !== null)
  return [...new Set(named)]
}

/** Where the app listens: as it was told, or where its unit does if that is one place. */
function portOf({ port, unit }: Subject, listeners: readonly Listener[] | null): number | null {
  const own = new Set((listeners ?? []).filter((each) => unit !== null && each.unit === unit).map((each) => each.port))
  return port ?? (own.size === 1 ? ([...own][0] ?? null) : null)
}

function placesOf({ sqlitePath }: Subject, workingDirectory = ''): string[] {
  const own = [workingDirectory, sqlitePath === null ? '' : parentOf(sqlitePath)].filter((path) => path.startsWith('/'))
  return ['/', '/var', '/var/log', '/tmp', ...own]
}

/** What a unit needs in order to start. */
function pathsOf(unit: UnitState | null): string[] {
  if (unit === null) return []
  const named = [...unit.environmentFiles, unit.workingDirectory, unit.program]
  return named.filter((path) => normal.test(path))
}

const maxPaths = 10

/** Paths that logs say were closed, or not there. */
function pathsIn(logs: readonly LogLine[]): string[] {
  const closed = logs.filter(({ text }) => /EACCES|EPERM|permission denied|no such file|ENOENT/i.test(text))
  const paths = closed.flatMap(({ text }) => text.match(/\/[^\s'":,()]+/g) ?? [])
  return [...new Set(paths)].filter((path) => normal.test(path)).slice(0, maxPaths)
}

const normal = /^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/

async function seeFiles(
  look: Look,
  { sqlitePath }: Subject,
  more: readonly string[],
): Promise<Record<string, Entry | null>> {
  const named = [...(sqlitePath === null ? [] : [sqlitePath]), ...more]
  const files: Record<string, Entry | null> = {}
  for (const path of new Set(named.flatMap((each) => [each, parentOf(each)]))) {
    const entry = await look.at(path, undefined, () => look.host.look(path))
    if (entry !== undefined) files[path] = entry
  }
  return files
}

const signs: [tool: MigrationTool, path: string][] = [
  ['drizzle', 'drizzle.config.ts'],
  ['drizzle', 'drizzle.config.js'],
  ['prisma', 'prisma/schema.prisma'],
  ['prisma', 'backend/prisma/schema.prisma'],
  ['alembic', 'alembic.ini'],
]

async function seeMigrations(look: Look, folder: string): Promise<MigrationTool | null> {
  if (!folder.startsWith('/')) return null
  for (const [tool, path] of signs) {
    const entry = await look.at(`${folder}/${path}`, null, () => look.host.look(`${folder}/${path}`))
    if (entry !== null) return tool
  }
  return null
}
