import type { Entry } from '@ikoma/machine'
import type { Disk, ListeningSocket, Memory } from '@ikoma/machine/system'
import type { Subject } from './subject.ts'

/** All that was seen, as data: rules read it and nothing else. What was not looked at is null, or empty for lists. */
export interface Evidence {
  subject: Subject
  unit: UnitState | null
  /** Those of the units seen here that an order of IKOMA made, and may change. */
  managedUnits: readonly string[]
  /** States of services that apps lean on, by unit; those that are not installed are left out. */
  services: Readonly<Record<string, string>>
  /** Newest first within a source. */
  logs: readonly LogLine[]
  listeners: readonly Listener[] | null
  disks: readonly Disk[]
  memory: Memory | null
  /** What is at paths that the subject, its unit or its logs name; null where nothing is. */
  files: Readonly<Record<string, Entry | null>>
  /** The tool whose migrations the app brings along. */
  migrations: MigrationTool | null
  http: HttpAnswer | null
  /** When the address was asked for, before the logs were read: what a proxy says from then on holds now. */
  askedAt: number
  tls: TlsAnswer | null
  dns: DnsAnswer | null
  docker: Docker | null
  pm2: Pm2Process | null
  firewall: Firewall | null
  /** Null where there is no firewall that is on, no Docker, or nothing that it publishes. */
  pastFirewall: PastFirewall | null
  /** Packages that dpkg has not finished with: `half-configured postgresql-15`. */
  unfinishedPackages: readonly string[]
  /** How long a connection is kept that nobody uses; null where nothing tells. */
  keepAlive: KeepAlive | null
  clock: { synchronized: boolean | null; skewMs: number | null }
  /** What could not be looked at, and why. */
  notLookedAt: readonly NotLookedAt[]
}

export interface NotLookedAt {
  what: string
  why: string
}

export interface UnitState {
  /** States as systemd names them: `loaded`, `not-found`; `active`, `failed`; `running`, `auto-restart`. */
  load: string
  active: string
  sub: string
  /** `success`, `exit-code`, `signal`, `oom-kill`, `timeout`, `start-limit-hit`, … */
  result: string
  restarts: number
  /** How the last main process ended; systemd's own failures before it are 200 and above. */
  exitStatus: number
  /** Seconds since it became active; null when it is not. */
  upSec: number | null
  user: string
  workingDirectory: string
  environmentFiles: readonly string[]
  /** Those of them without which it does not start. */
  requiredFiles: readonly string[]
  /** Names of what is in its environment by now. */
  variables: readonly string[]
  /** What ExecStart= names first. */
  program: string
  /** `simple`, `notify`, `oneshot`, … */
  type: string
  /** systemd makes an account for each start: nothing can be given to it. */
  dynamicUser: boolean
  /** Null when it was not asked for. */
  userExists: boolean | null
  needsReload: boolean
}

export interface LogLine {
  /** `gateway.service`, `nginx`, `container api`, `kernel`, … */
  source: string
  text: string
  /** Epoch milliseconds, where the line says. */
  at?: number | null
}

export interface Listener extends ListeningSocket {
  /** The systemd unit that the process belongs to. */
  unit: string | null
}

export type MigrationTool = 'drizzle' | 'prisma' | 'alembic'

/** `failure`: why there was no answer, in a code such as `connection_refused`. */
export type HttpAnswer = { url: string } & ({ status: number; server: string } | { failure: string; message: string })

export interface TlsAnswer {
  /** What is wrong, in a code such as `certificate_expired`; null when nothing is. */
  problem: string | null
  message: string
  issuer: string | null
  daysLeft: number | null
}

export interface DnsAnswer {
  /** Where the name leads; empty when it does not exist. */
  answers: readonly string[]
  /** Why no answer came, in a code such as `name_not_found`. */
  failure: string | null
  /** The addresses of this server, as it sees them. */
  own: readonly string[]
}

export type Docker =
  | { running: false; said: string }
  /** `project`: what compose calls it; null where there is no container of it. */
  | { running: true; project: string | null; containers: readonly Container[] }

export interface Container {
  name: string
  service: string
  /** `running`, `restarting`, `exited`, … */
  status: string
  exitCode: number
  outOfMemory: boolean
  restarts: number
  /** Null when it does not run, or nothing says since when. */
  upSec: number | null
  /** `healthy`, `unhealthy`, `starting`; null without a health check. */
  health: string | null
}

export interface Pm2Process {
  /** `online`, `errored`, `stopped`, …; null when PM2 does not know the name. */
  status: string | null
  restarts: number
  upSec: number | null
  /** Of its last run, where that has ended. */
  exitCode: number | null
  /** Starts that were left out because the run of now goes on; null where no clock starts it. */
  leftOut: number | null
}

export interface KeepAlive {
  /** By the app, as it tells or does. */
  appSec: number | null
  /** By the proxy in front of it, as it is configured. */
  proxy: { name: string; sec: number } | null
}

export interface Firewall {
  active: boolean
  /** Ports that anybody may reach over TCP. */
  openPorts: readonly number[]
}

/** Ports that Docker lets in, whatever the firewall says. */
export interface PastFirewall {
  /** `web: 80/tcp on 0.0.0.0` */
  ports: readonly string[]
}

/** Up, and for so long that what its logs said before this start is over. */
export function hasSettled({ upSec, restarts }: { upSec: number | null; restarts: number }): boolean {
  return upSec !== null && (restarts === 0 || upSec >= settledSec)
}

const settledSec = 600

/** Started by its clock, it has ended well and waits for the next time. */
export function isBetweenRuns({ status, leftOut, exitCode }: Pm2Process): boolean {
  return leftOut !== null && status === 'stopped' && (exitCode ?? 0) === 0
}
