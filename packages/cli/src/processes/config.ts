import { dirname, join, resolve } from 'node:path'
import { grantLifeMaxMs } from '@ikoma/api'
import { defaultTiming, type OrderTiming } from '@ikoma/domain'
import { logLevels, portVariable, readEnvironment, switchVariable } from '@ikoma/kernel/node'
import * as z from 'zod'

const listVariable = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)
const proxyAddress = z.union(
  [z.enum(['loopback', 'linklocal', 'uniquelocal']), z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  {
    error: 'must be IP addresses, networks such as 10.0.0.0/8, or loopback',
  },
)
/** To believe every address is to believe nobody: then whoever asks names its own. */
const trustedProxy = proxyAddress.refine((address) => !/\/0+$/.test(address), 'must not be every address')
/** libpq's lists of hosts are not for this driver: it would take them for one name. */
const postgresAddress = z
  .string()
  .refine((text) => !/^postgres(ql)?:\/\/(?:[^/?#]*@)?[^/?#@]*,/.test(text), {
    error:
      'names several hosts: give the one that leads to the primary, such as HAProxy, see docs/operating/high-availability.md',
    abort: true,
  })
  .pipe(z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' }))
const dayMs = 24 * 3_600_000
/** `off` and 0 are null. */
const daysVariable = z
  .string()
  .regex(/^(off|\d{1,5})$/, 'must be a whole number of days, or off')
  .transform((text) => (text === 'off' || Number(text) === 0 ? null : Number(text)))
const secondsVariable = z.coerce.number('must be a number of seconds').positive().max(86_400)

/** Every environment variable that the control plane and the runner read; `.env.example` says what each is for. */
export const environmentSchema = z.object({
  NODE_ENV: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: portVariable.default(3000),
  LOG_LEVEL: z.enum(logLevels).default('info'),
  DB_PATH: z.string().default('./data/ikoma.db'),
  DATABASE_URL: postgresAddress.optional(),
  DATABASE_LISTEN_URL: postgresAddress.optional(),
  DATABASE_PREPARE: switchVariable.default(true),
  IKOMA_ADMIN_KEY: z.string().optional(),
  IKOMA_KEYS_DIR: z.string().optional(),
  IKOMA_LOCAL_RUNNER: switchVariable.default(true),
  IKOMA_RUNNER_DIR: z.string().optional(),
  IKOMA_POLICY_FILE: z.string().optional(),
  IKOMA_EXECUTOR_SOCKET: z.string().optional(),
  IKOMA_INSECURE: z.string().optional(),
  IKOMA_MACHINE_ID_FILE: z.string().optional(),
  IKOMA_CA_FILE: z.string().optional(),
  IKOMA_RUNNER_CONCURRENCY: z.coerce.number('must be a whole number').int().min(1).max(100).optional(),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  CORS_ORIGINS: listVariable
    .pipe(z.array(z.url({ protocol: /^https?$/, error: 'must be origins such as https://console.example.com' })))
    .transform((urls) => urls.map((url) => new URL(url).origin))
    .default([]),
  TRUST_PROXY: listVariable.pipe(z.array(trustedProxy)).default([]),
  IKOMA_CLAIM_LEASE_SEC: secondsVariable.max(grantLifeMaxMs / 1000).optional(),
  IKOMA_RUN_LEASE_SEC: secondsVariable.optional(),
  IKOMA_TIMEOUT_GRACE_SEC: secondsVariable.optional(),
  IKOMA_STALE_GRACE_SEC: secondsVariable.optional(),
  IKOMA_STOP_GRACE_SEC: secondsVariable.optional(),
  IKOMA_RETRY_BASE_SEC: secondsVariable.optional(),
  IKOMA_RECONCILE_SEC: secondsVariable.default(30),
  IKOMA_RETENTION_DAYS: daysVariable.default(90),
  IKOMA_ARCHIVE_DIR: z.string().min(1).optional(),
  IKOMA_PUBLIC_RATE_LIMIT: z.coerce.number('must be a whole number').int().min(1).max(1_000_000).default(600),
})

type Environment = z.infer<typeof environmentSchema>

export interface ControlPlaneConfig {
  production: boolean
  host: string
  port: number
  logLevel: (typeof logLevels)[number]
  database: { kind: 'sqlite'; file: string } | { kind: 'postgres'; url: string; listenUrl: string; prepare: boolean }
  /** Where the admin key, when made here, and the local runner live. */
  dataDir: string
  keysDir: string
  adminKey: string | null
  localRunner: boolean
  runnerDir: string
  runnerConcurrency: number | null
  /** Of the local runner. */
  policyFile: string | null
  metricsToken: string | null
  corsOrigins: string[]
  trustProxy: string[]
  timing: OrderTiming
  reconcileEveryMs: number
  /** Null keeps every order for ever. */
  retention: { keepMs: number; archiveDir: string | null } | null
  publicRateLimit: number
}

/** Rejects with every problem at once, each with its variable's name and never its value. */
export function readControlPlaneConfig(env: Record<string, string | undefined>, cwd: string): ControlPlaneConfig {
  const given = readEnvironment(environmentSchema, env)
  const file = resolve(cwd, given.DB_PATH)
  const dataDir = dirname(file)
  const url = given.DATABASE_URL
  return {
    production: given.NODE_ENV === 'production',
    host: given.HOST,
    port: given.PORT,
    logLevel: given.LOG_LEVEL,
    database: url
      ? { kind: 'postgres', url, listenUrl: given.DATABASE_LISTEN_URL ?? url, prepare: given.DATABASE_PREPARE }
      : { kind: 'sqlite', file },
    dataDir,
    keysDir: given.IKOMA_KEYS_DIR ? resolve(cwd, given.IKOMA_KEYS_DIR) : join(dataDir, 'keys'),
    adminKey: given.IKOMA_ADMIN_KEY ?? null,
    localRunner: given.IKOMA_LOCAL_RUNNER,
    runnerDir: given.IKOMA_RUNNER_DIR ? resolve(cwd, given.IKOMA_RUNNER_DIR) : join(dataDir, 'runner'),
    runnerConcurrency: given.IKOMA_RUNNER_CONCURRENCY ?? null,
    policyFile: given.IKOMA_POLICY_FILE ? resolve(cwd, given.IKOMA_POLICY_FILE) : null,
    metricsToken: given.METRICS_TOKEN ?? null,
    corsOrigins: given.CORS_ORIGINS,
    trustProxy: given.TRUST_PROXY,
    timing: timingOf(given),
    reconcileEveryMs: given.IKOMA_RECONCILE_SEC * 1000,
    retention: retentionOf(given, cwd),
    publicRateLimit: given.IKOMA_PUBLIC_RATE_LIMIT,
  }
}

function retentionOf({ IKOMA_RETENTION_DAYS: days, IKOMA_ARCHIVE_DIR: folder }: Environment, cwd: string) {
  return days === null ? null : { keepMs: days * dayMs, archiveDir: folder ? resolve(cwd, folder) : null }
}

function timingOf(given: Environment): OrderTiming {
  const ms = (seconds: number | undefined, otherwise: number) => (seconds === undefined ? otherwise : seconds * 1000)
  return {
    ...defaultTiming,
    claimLeaseMs: ms(given.IKOMA_CLAIM_LEASE_SEC, defaultTiming.claimLeaseMs),
    runLeaseMs: ms(given.IKOMA_RUN_LEASE_SEC, defaultTiming.runLeaseMs),
    timeoutGraceMs: ms(given.IKOMA_TIMEOUT_GRACE_SEC, defaultTiming.timeoutGraceMs),
    staleGraceMs: ms(given.IKOMA_STALE_GRACE_SEC, defaultTiming.staleGraceMs),
    stopGraceMs: ms(given.IKOMA_STOP_GRACE_SEC, defaultTiming.stopGraceMs),
    retry: { ...defaultTiming.retry, baseMs: ms(given.IKOMA_RETRY_BASE_SEC, defaultTiming.retry.baseMs) },
  }
}
