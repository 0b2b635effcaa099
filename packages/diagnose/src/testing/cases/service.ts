import { expect } from 'vitest'
import { app, healthy, looping, said, unit } from '../healthy.ts'
import type { RuleCase } from '../rule-case.ts'

const withoutUser = { active: 'failed', sub: 'failed', result: 'exit-code', exitStatus: 217, upSec: null }

export const serviceCases: RuleCase[] = [
  {
    rule: 'restart_loop',
    when: 'the service restarts in a loop',
    evidence: { unit: looping, ...app('gateway.service: Scheduled restart job, restart counter is at 12.', 'boom') },
    nearMiss: { unit: unit({ restarts: 4, upSec: 7200 }) },
    expect: {
      evidence: [expect.stringContaining('12 restarts'), 'gateway.service: boom'],
      mend: { order: null, advice: { en: expect.stringContaining('journalctl -u gateway.service') } },
    },
  },
  {
    rule: 'restart_loop',
    when: 'systemd gave up starting it',
    evidence: { unit: unit({ active: 'failed', sub: 'failed', result: 'start-limit-hit', upSec: null, restarts: 5 }) },
    nearMiss: { unit: unit({ active: 'failed', sub: 'failed', result: 'exit-code', upSec: null, restarts: 0 }) },
  },
  {
    rule: 'unit_failed',
    when: 'the unit has failed',
    evidence: {
      unit: unit({ active: 'failed', sub: 'failed', result: 'exit-code', exitStatus: 1, upSec: null }),
      managedUnits: [],
    },
    nearMiss: { unit: unit({ active: 'inactive', sub: 'dead', upSec: null }) },
    expect: { mend: { order: null, advice: { en: expect.stringContaining('systemctl restart gateway.service') } } },
  },
  {
    rule: 'unit_stopped',
    when: 'somebody stopped it',
    evidence: { unit: unit({ active: 'inactive', sub: 'dead', upSec: null }) },
    nearMiss: { unit: unit({ active: 'activating', sub: 'start', upSec: null }) },
    expect: { mend: { order: { type: 'service.systemd.start', payload: { name: 'gateway' } } } },
  },
  {
    rule: 'unit_missing',
    when: 'there is no such unit',
    evidence: { unit: unit({ load: 'not-found', active: 'inactive', sub: 'dead', upSec: null }) },
    nearMiss: { unit: unit({ active: 'inactive', sub: 'dead', upSec: null }) },
  },
  {
    rule: 'unit_not_reloaded',
    when: 'the unit file was edited by hand',
    evidence: { unit: unit({ needsReload: true }) },
    nearMiss: {},
  },
  {
    rule: 'program_ended',
    when: 'its program went to the background',
    evidence: {
      unit: unit({ active: 'inactive', sub: 'dead', upSec: null }),
      ...app('gateway.service: Deactivated successfully.', 'daemon started', 'Started Ikoma Gateway Service.'),
    },
    // Somebody stopped it.
    nearMiss: {
      unit: unit({ active: 'inactive', sub: 'dead', upSec: null }),
      ...app('Stopped Gateway.', 'gateway.service: Deactivated successfully.', 'Stopping Gateway...'),
    },
  },
  {
    rule: 'unit_stopped',
    when: 'a job has ended well it is no trouble, but a service that was stopped is',
    evidence: { unit: unit({ active: 'inactive', sub: 'dead', upSec: null }) },
    nearMiss: { unit: unit({ active: 'inactive', sub: 'dead', upSec: null, type: 'oneshot' }) },
  },
  {
    rule: 'start_step_failed',
    when: 'a path of ReadWritePaths= is not there',
    evidence: {
      unit: unit({ active: 'failed', sub: 'failed', result: 'exit-code', exitStatus: 226, upSec: null }),
      ...app('gateway.service: Failed at step NAMESPACE spawning /usr/bin/node: No such file or directory'),
    },
    nearMiss: { unit: unit({ active: 'failed', sub: 'failed', result: 'exit-code', exitStatus: 226, upSec: null }) },
    expect: { cause: { en: expect.stringContaining('NAMESPACE') } },
  },
  {
    rule: 'program_missing',
    when: '/usr/bin/node was purged',
    evidence: {
      unit: unit({ active: 'failed', sub: 'failed', result: 'exit-code', exitStatus: 203, upSec: null }),
      files: { ...healthy().files, '/usr/bin/node': null },
      ...app('gateway.service: Failed at step EXEC spawning /usr/bin/node: No such file or directory'),
    },
    nearMiss: { unit: unit({ active: 'failed', sub: 'failed', result: 'exit-code', exitStatus: 127, upSec: null }) },
    expect: { confidence: 'certain', evidence: [expect.any(String), expect.stringContaining('Failed at step EXEC')] },
  },
  {
    rule: 'directory_missing',
    when: 'its working directory is gone',
    evidence: {
      unit: unit({ active: 'failed', sub: 'failed', result: 'exit-code', exitStatus: 200, upSec: null }),
      files: { '/srv/gateway': null },
    },
    nearMiss: { unit: unit({ exitStatus: 200 }) },
    expect: {
      confidence: 'certain',
      mend: { order: { type: 'system.directory.apply', payload: { path: '/srv/gateway', owner: 'gateway' } } },
    },
  },
  {
    rule: 'directory_missing',
    when: 'it was made meanwhile, and only a start is missing',
    evidence: {
      unit: unit({ active: 'failed', sub: 'failed', result: 'exit-code', exitStatus: 200, upSec: null }),
      files: { '/srv/gateway': { kind: 'directory', mode: 0o750, owner: 'gateway', group: 'gateway' } },
      ...app('gateway.service: Failed at step CHDIR spawning /usr/bin/node: No such file or directory'),
    },
    nearMiss: {},
    expect: {
      confidence: 'likely',
      mend: { order: { type: 'service.systemd.restart', payload: { name: 'gateway' } } },
    },
  },
  {
    rule: 'directory_missing',
    when: 'the folder of the executor itself is named: it is never given to an app',
    evidence: {
      unit: unit({
        active: 'failed',
        result: 'exit-code',
        exitStatus: 200,
        upSec: null,
        workingDirectory: '/opt/ikoma',
      }),
      files: { '/opt/ikoma': { kind: 'directory', mode: 0o750, owner: 'root', group: 'root' } },
      ...app('gateway.service: Failed at step CHDIR spawning /usr/bin/node: Permission denied'),
    },
    nearMiss: {},
    expect: { mend: { order: null, advice: { en: expect.not.stringMatching(/give it|chown|chmod/) } } },
  },
  {
    rule: 'directory_missing',
    when: 'systemd is about to try again, and has forgotten the status',
    evidence: {
      unit: unit({ active: 'activating', sub: 'auto-restart', restarts: 3, upSec: null }),
      ...app('gateway.service: Failed at step CHDIR spawning /usr/bin/node: No such file or directory'),
    },
    // That was before it was mended.
    nearMiss: {
      unit: unit({ restarts: 3, upSec: 30 }),
      ...app('gateway.service: Failed at step CHDIR spawning /usr/bin/node: No such file or directory'),
    },
  },
  {
    rule: 'directory_missing',
    when: 'a directory of the system is named: it is never given away',
    evidence: {
      unit: unit({
        active: 'failed',
        result: 'exit-code',
        exitStatus: 200,
        upSec: null,
        workingDirectory: '/etc/none',
      }),
    },
    nearMiss: { unit: unit({ exitStatus: 200 }) },
    expect: { mend: { order: null } },
  },
  {
    rule: 'user_missing',
    when: 'its user was never made',
    evidence: { unit: unit({ ...withoutUser, user: 'gateway' }) },
    nearMiss: { unit: unit({ ...withoutUser, exitStatus: 1 }) },
    expect: {
      mend: { order: { type: 'system.user.apply', payload: { name: 'gateway', home: '/srv/gateway' } } },
    },
  },
  {
    rule: 'permission_denied',
    when: 'the database belongs to root',
    evidence: {
      unit: looping,
      files: {
        ...healthy().files,
        '/srv/gateway': { kind: 'directory', mode: 0o755, owner: 'root', group: 'root' },
      },
      ...app('SqliteError: attempt to write a readonly database', "  code: 'SQLITE_READONLY'"),
    },
    nearMiss: app('SqliteError: database is locked'),
    expect: {
      mend: {
        order: {
          type: 'system.directory.apply',
          payload: { path: '/srv/gateway', owner: 'gateway', group: 'gateway' },
        },
      },
    },
  },
  {
    rule: 'permission_denied',
    when: 'the environment file is closed to the app',
    evidence: {
      unit: unit({ user: 'keybuzz' }),
      ...app("Error: EACCES: permission denied, open '/opt/keybuzz/keybuzz-backend/.env.production'"),
    },
    nearMiss: app("Error: ENOENT: no such file or directory, open '/opt/keybuzz/config.json'"),
    expect: { mend: { order: { payload: { path: '/opt/keybuzz/keybuzz-backend' } } } },
  },
  {
    rule: 'permission_denied',
    when: 'a system directory is named: it is never given away',
    evidence: app("PermissionError: [Errno 13] Permission denied: '/etc/ssl/private/key.pem'"),
    nearMiss: app('dial unix /var/run/docker.sock: connect: permission denied'),
    expect: { mend: { order: null, advice: { en: expect.not.stringMatching(/chown|chmod|usermod/) } } },
  },
  {
    rule: 'permission_denied',
    when: 'the database is another user’s, before anybody complains',
    evidence: {
      files: { '/srv/gateway/gateway.db': { kind: 'file', mode: 0o644, owner: 'root', group: 'root' } },
    },
    nearMiss: {
      files: { '/srv/gateway/gateway.db': { kind: 'file', mode: 0o660, owner: 'root', group: 'gateway' } },
    },
  },
  {
    rule: 'read_only_path',
    when: 'the hardening of its unit keeps it out',
    evidence: app("Error: EROFS: read-only file system, open '/var/log/gateway/app.log'"),
    nearMiss: app('mounted /dev/vda15 read-only'),
  },
  {
    rule: 'environment_missing',
    when: 'Prisma misses its database',
    evidence: { unit: looping, ...app('error: Environment variable not found: DATABASE_URL.') },
    nearMiss: app('Environment variables loaded from .env'),
    expect: { cause: { en: 'Environment variables are missing: DATABASE_URL.' } },
  },
  {
    rule: 'environment_missing',
    when: 'the app names several',
    evidence: app(
      'JWT_SECRET is required',
      'Missing required environment variable: COOKIE_SECRET',
      "KeyError: 'SECRET_KEY'",
    ),
    nearMiss: app('AUTHENTICATION is required', "KeyError: 'vehicle_id'", 'MOCK_REDIS is set to false'),
    expect: { cause: { en: 'Environment variables are missing: JWT_SECRET, COOKIE_SECRET, SECRET_KEY.' } },
  },
  {
    rule: 'environment_missing',
    when: 'compose and the database image miss a password',
    evidence: said(
      'container postgres',
      'time="2026-11-21T16:20:01Z" level=warning msg="The "POSTGRES_PASSWORD" variable is not set. Defaulting to a blank string."',
    ),
    nearMiss: said(
      'container postgres',
      'PostgreSQL Database directory appears to contain a database; Skipping initialization',
    ),
  },
  {
    rule: 'environment_file_missing',
    when: 'the environment file is not there',
    evidence: {
      unit: unit({ active: 'failed', sub: 'failed', result: 'resources', upSec: null }),
      files: { ...healthy().files, '/etc/systemd/system/gateway.service.env': null },
      ...app('gateway.service: Failed to load environment files: No such file or directory'),
    },
    nearMiss: { files: {} },
    expect: { confidence: 'certain' },
  },
  {
    rule: 'build_missing',
    when: 'it was never built',
    evidence: { unit: looping, ...app("Error: Cannot find module '/srv/gateway/dist/index.cjs'") },
    nearMiss: app('module loaded from cache'),
  },
  {
    rule: 'node_version',
    when: 'Node.js was upgraded under a native module',
    evidence: app(
      "Error: The module '/srv/app/node_modules/better-sqlite3/build/Release/better_sqlite3.node' was compiled against a different Node.js version using",
    ),
    nearMiss: app('Node.js v24.21.0'),
  },
]
