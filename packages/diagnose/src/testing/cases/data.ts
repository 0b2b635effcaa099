import { expect } from 'vitest'
import { aContainer, app, healthy, looping, pm2State, said, subject, unit } from '../healthy.ts'
import type { RuleCase } from '../rule-case.ts'

const listeners = healthy().listeners ?? []
const without = (port: number) => listeners.filter((each) => each.port !== port)
const keybuzz = (text: string) => said('pm2 keybuzz-backend', text)

export const dataCases: RuleCase[] = [
  {
    rule: 'migration_missing',
    when: 'SQLite has no such table',
    evidence: { unit: looping, ...app('SqliteError: no such table: runners') },
    nearMiss: app('SqliteError: UNIQUE constraint failed: runners.id'),
    expect: {
      cause: { en: expect.stringContaining('runners is not there') },
      mend: {
        advice: { en: expect.stringContaining('cd /srv/gateway && sudo -u gateway npx drizzle-kit migrate') },
      },
    },
  },
  {
    rule: 'migration_missing',
    when: 'PostgreSQL has no such table',
    evidence: app('error: relation "orders" does not exist'),
    nearMiss: app('ERROR:  relation "orders" already exists'),
  },
  {
    rule: 'migration_missing',
    when: 'Prisma has no such table',
    evidence: { migrations: 'prisma', ...app('The table `main.User` does not exist in the current database.') },
    nearMiss: app('The record searched for in the where condition does not exist in the current table'),
    expect: { mend: { advice: { fr: expect.stringContaining('npx prisma migrate deploy') } } },
  },
  {
    rule: 'migration_failed',
    when: 'alembic does not know the revision',
    evidence: said('container migrations', "FAILED: Can't locate revision identified by '3f2a1b9c'"),
    nearMiss: said(
      'container migrations',
      'INFO  [alembic.runtime.migration] Running upgrade  -> 3f2a1b9c, create all',
    ),
  },
  {
    rule: 'migration_failed',
    when: 'a Prisma migration failed half-way',
    evidence: app(
      'Error: P3009',
      'migrate found failed migrations in the target database, new migrations will not be applied.',
    ),
    nearMiss: app('No pending migrations to apply.'),
  },
  {
    rule: 'database_file_missing',
    when: 'the SQLite file is not there',
    evidence: { files: { ...healthy().files, '/srv/gateway/gateway.db': null } },
    nearMiss: { files: {} },
    expect: { confidence: 'certain', mend: { order: null } },
  },
  {
    rule: 'database_file_missing',
    when: 'its directory is not there either',
    evidence: {
      files: { '/srv/gateway/gateway.db': null, '/srv/gateway': null },
    },
    nearMiss: { subject: subject({ sqlitePath: null }), files: { '/srv/gateway/gateway.db': null } },
    expect: {
      mend: { order: { type: 'system.directory.apply', payload: { path: '/srv/gateway', owner: 'gateway' } } },
    },
  },
  {
    rule: 'database_file_missing',
    when: 'its directory is closed to the app',
    evidence: {
      files: {
        '/srv/gateway/gateway.db': null,
        '/srv/gateway': { kind: 'directory', mode: 0o755, owner: 'root', group: 'root' },
      },
    },
    nearMiss: { files: { '/srv/gateway': { kind: 'directory', mode: 0o755, owner: 'root', group: 'root' } } },
    expect: { mend: { order: { type: 'system.directory.apply', payload: { path: '/srv/gateway' } } } },
  },
  {
    rule: 'database_file_missing',
    when: 'SQLite cannot open a file that nobody named',
    evidence: { subject: subject({ sqlitePath: null }), ...app('Error: unable to open database file') },
    nearMiss: { subject: subject({ sqlitePath: null }), ...app('opened database file in 3 ms') },
    expect: { confidence: 'likely' },
  },
  {
    rule: 'database_damaged',
    when: 'the SQLite file is malformed',
    evidence: app('SqliteError: database disk image is malformed'),
    nearMiss: app('SyntaxError: malformed JSON in request body'),
  },
  {
    rule: 'postgres_not_ready',
    when: 'node-postgres is refused',
    evidence: {
      listeners: without(5432),
      services: { 'postgresql.service': 'inactive' },
      ...app('Error: connect ECONNREFUSED 127.0.0.1:5432'),
    },
    // PostgreSQL is there by now.
    nearMiss: app('Error: connect ECONNREFUSED 127.0.0.1:5432'),
    expect: { mend: { advice: { en: expect.stringContaining('systemctl start postgresql.service') } } },
  },
  {
    rule: 'postgres_not_ready',
    when: 'Prisma does not reach a remote one',
    evidence: keybuzz("PrismaClientInitializationError: Can't reach database server at `10.0.0.10:5432`"),
    nearMiss: keybuzz('Prisma: pool of 10 connections to 10.0.0.10:5432'),
    expect: { cause: { en: 'It does not accept connections (10.0.0.10:5432).' } },
  },
  {
    rule: 'postgres_not_ready',
    when: 'it is still starting',
    evidence: app('FATAL:  the database system is starting up'),
    nearMiss: app('LOG:  database system is ready to accept connections'),
  },
  {
    rule: 'postgres_not_ready',
    when: 'psycopg is refused',
    evidence: said(
      'container api',
      'psycopg2.OperationalError: connection to server at "postgres" (172.18.0.3), port 5432 failed: Connection refused',
    ),
    nearMiss: said(
      'container api',
      'psycopg2.OperationalError: connection to server at "postgres" (172.18.0.3), port 5432 failed: FATAL:  sorry, too many clients already',
    ),
  },
  {
    rule: 'postgres_wrong_password',
    when: 'the password is wrong',
    evidence: app('error: password authentication failed for user "kb_backend"'),
    nearMiss: app('user admin@example.com: wrong password'),
    expect: { cause: { en: expect.stringContaining('The password of kb_backend') } },
  },
  {
    rule: 'postgres_database_missing',
    when: 'the database was never created',
    evidence: app('error: database "keybuzz_backend" does not exist'),
    nearMiss: app('error: relation "keybuzz_backend" does not exist'),
  },
  {
    rule: 'postgres_database_missing',
    when: 'the role was never created',
    evidence: app('FATAL:  role "blingauto_preprod" does not exist'),
    nearMiss: app('role "manager" does not allow this'),
  },
  {
    rule: 'redis_down',
    when: 'Redis is not up',
    evidence: {
      listeners: without(6379),
      services: { 'redis-server.service': 'failed' },
      ...app('[ioredis] Unhandled error event: Error: connect ECONNREFUSED 127.0.0.1:6379'),
    },
    nearMiss: app('[ioredis] Unhandled error event: Error: connect ECONNREFUSED 127.0.0.1:6379'),
    expect: { mend: { advice: { en: expect.stringContaining('systemctl start redis-server.service') } } },
  },
  {
    rule: 'redis_down',
    when: 'redis-py does not reach its container',
    evidence: said(
      'container api',
      'redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.',
    ),
    nearMiss: said('container api', 'redis cache miss for key services:popular'),
  },
  {
    rule: 'redis_refuses',
    when: 'it wants a password',
    evidence: app('ReplyError: NOAUTH Authentication required.'),
    nearMiss: app('ReplyError: WRONGTYPE Operation against a key holding the wrong kind of value'),
  },
  {
    rule: 'disk_full',
    when: 'the disk is full',
    evidence: {
      disks: [{ mount: '/', usedPercent: 100, availableBytes: 0, inodesUsedPercent: 40 }],
      ...app('SqliteError: database or disk is full', 'Error: ENOSPC: no space left on device, write'),
    },
    nearMiss: { disks: [{ mount: '/', usedPercent: 97, availableBytes: 3_000_000_000, inodesUsedPercent: 99 }] },
    expect: { confidence: 'certain', cause: { en: 'The disk at / is full.' } },
  },
  {
    rule: 'disk_full',
    when: 'the inodes are used up',
    evidence: { disks: [{ mount: '/var', usedPercent: 30, availableBytes: 9_000_000_000, inodesUsedPercent: 100 }] },
    nearMiss: { disks: [{ mount: '/var', usedPercent: 30, availableBytes: 9_000_000_000, inodesUsedPercent: null }] },
  },
  {
    rule: 'out_of_memory',
    when: 'the kernel killed it, and there is no swap',
    evidence: {
      unit: unit({ active: 'failed', sub: 'failed', result: 'oom-kill', upSec: null }),
      ...said('kernel', 'Out of memory: Killed process 812 (node) total-vm:1200000kB, anon-rss:480000kB'),
    },
    nearMiss: { unit: unit({ active: 'failed', sub: 'failed', result: 'signal', exitStatus: 15, upSec: null }) },
    expect: { confidence: 'certain', mend: { order: { type: 'system.swap.apply', payload: { sizeMib: 2048 } } } },
  },
  {
    rule: 'out_of_memory',
    when: 'it is killed without a word, again and again',
    evidence: { unit: { ...looping, result: 'signal', exitStatus: 9 } },
    nearMiss: { unit: { ...looping, exitStatus: 9 } },
    expect: { confidence: 'possible' },
  },
  {
    rule: 'out_of_memory',
    when: 'V8 ran into its heap limit, and there is swap',
    evidence: {
      memory: { availableBytes: 1, swapBytes: 2_000_000_000 },
      ...app('FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'),
    },
    nearMiss: app('heap snapshot written'),
    expect: { mend: { order: null } },
  },
  {
    rule: 'out_of_memory',
    when: 'Docker killed a container',
    evidence: {
      docker: {
        running: true,
        project: 'blingauto',
        containers: [aContainer({ status: 'exited', exitCode: 137, outOfMemory: true })],
      },
    },
    nearMiss: {
      docker: { running: true, project: 'blingauto', containers: [aContainer({ status: 'exited', exitCode: 137 })] },
    },
  },
  {
    rule: 'clock_skew',
    when: 'the clock is five minutes off',
    evidence: { clock: { synchronized: false, skewMs: 300_000 } },
    nearMiss: { clock: { synchronized: false, skewMs: -900 } },
    expect: { confidence: 'certain', cause: { en: 'This server’s clock is off (300 s).' } },
  },
  {
    rule: 'clock_skew',
    when: 'a token comes from the future',
    evidence: {
      clock: { synchronized: false, skewMs: null },
      ...app('JWTClaimValidationFailed: "nbf" claim timestamp check failed'),
    },
    nearMiss: { clock: { synchronized: false, skewMs: null }, ...app('TokenExpiredError: jwt expired') },
    expect: { confidence: 'likely' },
  },
  {
    rule: 'too_many_files',
    when: 'connections leak',
    evidence: app('Error: EMFILE: too many open files, accept'),
    nearMiss: app('opened 12 files'),
  },
  {
    rule: 'docker_not_running',
    when: 'Docker is down',
    evidence: {
      docker: {
        running: false,
        said: 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      },
    },
    nearMiss: { docker: null },
    expect: { mend: { order: { type: 'platform.docker.install', payload: {} } } },
  },
  {
    rule: 'container_restarting',
    when: 'a container restarts in a loop',
    evidence: {
      docker: {
        running: true,
        project: 'blingauto',
        containers: [aContainer({ status: 'restarting', exitCode: 1, restarts: 9, health: null })],
      },
      ...said('container api', 'pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings'),
    },
    nearMiss: { docker: { running: true, project: 'blingauto', containers: [aContainer({ restarts: 1 })] } },
    expect: {
      evidence: [expect.stringContaining('9 restarts'), expect.stringContaining('ValidationError')],
      mend: { order: null, advice: { en: expect.stringContaining('service.compose.restart') } },
    },
  },
  {
    rule: 'container_restarting',
    when: 'it ends after 8 s, and is up at the moment',
    evidence: {
      docker: {
        running: true,
        project: 'blingauto',
        containers: [aContainer({ restarts: 2, upSec: 3, health: null })],
      },
    },
    nearMiss: {
      docker: { running: true, project: 'blingauto', containers: [aContainer({ restarts: 9, upSec: 900 })] },
    },
    expect: { confidence: 'likely', evidence: [expect.stringContaining('running for 3 s')] },
  },
  {
    rule: 'packages_unfinished',
    when: 'an upgrade was broken off',
    evidence: { unfinishedPackages: ['half-configured postgresql-15'] },
    nearMiss: { unfinishedPackages: [] },
    expect: { confidence: 'certain', mend: { advice: { en: expect.stringContaining('dpkg --configure -a') } } },
  },
  {
    rule: 'pm2_restarting',
    when: 'PM2 calls it online between two crashes',
    evidence: { pm2: pm2State({ status: 'online', restarts: 15, upSec: 2 }) },
    nearMiss: { pm2: pm2State({ status: 'online', restarts: 15, upSec: 900 }) },
    expect: { confidence: 'possible' },
  },
  {
    rule: 'container_restarting',
    when: 'its project has a name that no order takes',
    evidence: {
      docker: { running: true, project: 'docker', containers: [aContainer({ status: 'restarting', restarts: 9 })] },
    },
    nearMiss: { docker: { running: true, project: 'docker', containers: [aContainer()] } },
    expect: { mend: { order: null, advice: { en: expect.stringContaining('docker compose -f /srv/blingauto/') } } },
  },
  {
    rule: 'container_exited',
    when: 'a container ended with an error',
    evidence: {
      docker: {
        running: true,
        project: 'blingauto',
        containers: [aContainer({ status: 'exited', exitCode: 1, health: null })],
      },
    },
    // Migrations run once and are done.
    nearMiss: {
      docker: {
        running: true,
        project: 'blingauto',
        containers: [aContainer({ service: 'migrations', status: 'exited', health: null })],
      },
    },
  },
  {
    rule: 'container_unhealthy',
    when: 'its health check fails',
    evidence: { docker: { running: true, project: 'blingauto', containers: [aContainer({ health: 'unhealthy' })] } },
    nearMiss: { docker: { running: true, project: 'blingauto', containers: [aContainer({ health: 'starting' })] } },
  },
  {
    rule: 'pm2_errored',
    when: 'PM2 gave up',
    evidence: {
      pm2: pm2State({ status: 'errored', restarts: 15, upSec: null }),
      ...keybuzz('Error: Cannot find module dotenv'),
    },
    nearMiss: { pm2: pm2State({ status: 'online', restarts: 15, upSec: 4000 }) },
    expect: { mend: { order: { type: 'service.pm2.restart', payload: { name: 'keybuzz-backend', user: 'keybuzz' } } } },
  },
  {
    rule: 'pm2_errored',
    when: 'it is a process of root, which no order touches',
    evidence: { subject: subject({ pm2User: 'root' }), pm2: pm2State({ status: 'stopped', restarts: 0, upSec: null }) },
    nearMiss: { subject: subject({ pm2Name: null }), pm2: pm2State({ status: 'stopped', restarts: 0, upSec: null }) },
  },
  {
    rule: 'pm2_errored',
    when: 'PM2 came back without it after a boot',
    evidence: { pm2: pm2State({ status: null, restarts: 0, upSec: null }) },
    nearMiss: { pm2: null },
    expect: { mend: { order: null } },
  },
  {
    rule: 'pm2_errored',
    when: 'a run that its clock started ended with an error',
    evidence: { pm2: pm2State({ status: 'stopped', upSec: null, exitCode: 3, leftOut: 0 }) },
    // Between two runs it is stopped, as it should be.
    nearMiss: { pm2: pm2State({ status: 'stopped', restarts: 0, upSec: null, exitCode: 0, leftOut: 0 }) },
    expect: { cause: { en: '"keybuzz-backend" is stopped after 0 restarts, its last run ended with exit code 3.' } },
  },
  {
    rule: 'pm2_overrun',
    when: 'a run hangs, and its clock leaves out the next ones',
    evidence: { pm2: pm2State({ upSec: 7_230, leftOut: 24 }) },
    // As often as its clock says, and no loop.
    nearMiss: { pm2: pm2State({ upSec: 2, restarts: 9, leftOut: 0 }) },
    expect: {
      confidence: 'certain',
      cause: { en: 'The run of "keybuzz-backend" began 7230 s ago and goes on; 24 starts were left out meanwhile.' },
    },
  },
]
