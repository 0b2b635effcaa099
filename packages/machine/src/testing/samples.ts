import { renderAptPin, renderAptSource } from '../apt/source-file.ts'
import { renderCaddyMain, renderCaddySite } from '../caddy/caddyfile.ts'
import { renderComposeFile } from '../compose/compose-file.ts'
import { renderNginxSite } from '../nginx/site-file.ts'
import { renderPm2Ecosystem } from '../pm2/ecosystem-file.ts'
import { readEnvironmentFile, renderEnvironmentFile } from '../system/environment-file.ts'
import { renderConnectionSocket, renderRootConnectionUnit } from '../systemd/socket-file.ts'
import { renderTimer } from '../systemd/timer-file.ts'
import { renderOneshotUnit, renderServiceUnit } from '../systemd/unit-file.ts'
import { renderRollbackService, renderRollbackTimer } from '../ufw/rollback-unit.ts'
import {
  readAptFields,
  readCaddyfile,
  readCompose,
  readConnectionUnit,
  readEcosystem,
  readNginx,
  readUnit,
} from './readers.ts'

/** A rendered file: how to render it, how to read it, and an input that uses every field with a text of its own. */
export interface Format {
  render: (input: never) => string
  read: (file: string) => unknown
  sample: unknown
  /** Some field takes any text at all. */
  carriesText: boolean
}

type Render<T> = (input: T) => string
type Read = (file: string) => unknown

function format<T>(render: Render<T>, read: Read, sample: T, { carriesText = true } = {}): Format {
  return { render: render as (input: never) => string, read, sample, carriesText }
}

const unitProcess = {
  description: 'Sample-description',
  after: ['vault.service', 'redis.service'],
  wants: ['clamav.service'],
  user: 'unituser',
  group: 'unitgroup',
  workingDirectory: '/srv/workdir',
  execStart: ['/usr/bin/program', 'first-arg', 'second-arg'],
  environment: { FIRST_KEY: 'first-value', SECOND_KEY: 'second-value' },
  environmentFiles: ['/etc/one.env', '/etc/two.env'],
  readWritePaths: ['/var/lib/writable'],
  memoryMaxBytes: 536_870_912,
  cpuQuotaPercent: 150,
}

export const formats: Record<string, Format> = {
  service: format(renderServiceUnit, readUnit, {
    ...unitProcess,
    restart: 'always',
    restartSec: 7,
    stopTimeoutSec: 31,
    stopSignalTo: 'main-process',
    pidFile: '/srv/workdir/program.pid',
  }),
  oneshot: format(renderOneshotUnit, readUnit, { ...unitProcess, timeoutSec: 290 }),
  socket: format(renderConnectionSocket, readUnit, {
    description: 'Sample-description',
    path: '/run/sample/one.sock',
    group: 'unitgroup',
    maxConnections: 17,
  }),
  'root-connection': format(renderRootConnectionUnit, readConnectionUnit, {
    description: 'Sample-description',
    execStart: ['/usr/bin/program', 'first-arg', 'second-arg'],
    stopTimeoutSec: 31,
    after: ['vault.service', 'redis.service'],
  }),
  'timer-interval': format(renderTimer, readUnit, {
    description: 'Sample-description',
    unit: 'started.service',
    schedule: { everySec: 300, afterBootSec: 60 },
    randomizedDelaySec: 5,
  }),
  'timer-calendar': format(renderTimer, readUnit, {
    description: 'Sample-description',
    unit: 'started.service',
    schedule: { calendar: '*-*-* 02:00:00 Europe/Paris', persistent: true },
  }),
  environment: format(({ environment }) => renderEnvironmentFile(environment), readEnvironmentFile, {
    environment: { FIRST_KEY: 'first-value', SECOND_KEY: 'second-value' },
  }),
  'caddy-main': format(
    renderCaddyMain,
    readCaddyfile,
    {
      sitesDirectory: '/etc/caddy/sites',
      acme: {
        directoryUrl: 'https://acme.internal:14000/dir',
        directoryRootFile: '/etc/caddy/root.pem',
        email: 'ops@mail.example.com',
      },
      httpPort: 8081,
      httpsPort: 8444,
      admin: { host: 'localhost', port: 2020 },
    },
    { carriesText: false },
  ),
  'caddy-site': format(renderCaddySite, readCaddyfile, {
    domains: ['one.example.com', 'two.example.com'],
    upstreams: [{ host: 'upstream', port: 8080 }],
    tls: {
      directoryUrl: 'https://acme.internal:14000/dir',
      directoryRootFile: '/etc/caddy/root.pem',
      email: 'ops@mail.example.com',
    },
    headers: { 'X-First': 'first-value', 'X-Second': 'second-value' },
    headersWhereMissing: { 'X-Third': 'third-value' },
    keepAliveSec: 7,
    hiddenPaths: ['/metrics'],
    maxBodyBytes: 20_000_001,
    health: { path: '/healthz', intervalSec: 11, timeoutSec: 4 },
    logFile: '/var/log/caddy/site.log',
  }),
  nginx: format(renderNginxSite, readNginx, {
    name: 'sitename',
    domains: ['one.example.com', 'two.example.com'],
    upstreams: [{ host: '127.0.0.1', port: 8000 }],
    acmeWebroot: '/var/www/acme',
    certificate: { chainFile: '/etc/tls/chain.pem', keyFile: '/etc/tls/key.pem' },
    headers: { 'X-First': 'first-value', 'X-Second': 'second-value' },
    headersWhereMissing: { 'X-Third': 'third-value' },
    keepAliveSec: 7,
    maxBodyBytes: 20_000_001,
    rateLimits: [
      { path: '/open', requests: 10, per: 'second', burst: 20 },
      { path: '/api/login', requests: 5, per: 'minute', burst: 6 },
    ],
    connectionsPerClient: 12,
    hiddenPaths: ['/metrics'],
    websocket: true,
    timeouts: { connectSec: 3, readSec: 61, sendSec: 62 },
    ports: { http: 8081, https: 8444 },
  }),
  compose: format(renderComposeFile, readCompose, {
    services: {
      web: {
        source: { buildFolder: 'buildfolder', dockerfile: 'docker/File', buildArguments: { ARG_KEY: 'arg-value' } },
        command: ['first-word', 'second-word'],
        environment: { FIRST_KEY: 'first-value' },
        environmentFiles: ['settings/some.env'],
        ports: [{ port: 8000, address: '127.0.0.2', containerPort: 8001 }],
        mounts: [
          { volume: 'kept', target: '/var/kept' },
          { folder: 'logfolder', target: '/var/log', readOnly: true },
        ],
        health: { test: ['probe', '--flag'], intervalSec: 10, timeoutSec: 5, retries: 3, startSec: 9 },
        dependsOn: { database: 'healthy' },
        restart: 'unless-stopped',
        networks: ['inner'],
        memoryMaxBytes: 536_870_912,
        stopTimeoutSec: 13,
      },
      database: { source: { image: 'registry.example.com:5000/postgres:16.4' }, restart: 'always' },
    },
    volumes: ['kept'],
    networks: ['inner'],
  }),
  'firewall-rollback': format(
    renderRollbackService,
    readUnit,
    {
      copies: [{ copy: '/etc/ufw/kept/first', original: '/etc/ufw/first.rules' }],
      pendingFolder: '/etc/ufw/kept',
      doneFolder: '/etc/ufw/done',
      enabled: true,
    },
    { carriesText: false },
  ),
  'firewall-timer': format(
    renderRollbackTimer,
    readUnit,
    { unit: 'started.service', afterSec: 180 },
    { carriesText: false },
  ),
  'apt-source': format(
    renderAptSource,
    readAptFields,
    {
      url: 'https://packages.example.com/debian',
      suite: 'bookworm',
      component: 'main',
      keyFile: '/etc/apt/keyrings/sample.asc',
    },
    { carriesText: false },
  ),
  'apt-pin': format(
    renderAptPin,
    readAptFields,
    { packages: ['nodejs', 'libnode-dev'], origin: 'packages.example.com', priority: 600 },
    { carriesText: false },
  ),
  pm2: format(({ processes }) => renderPm2Ecosystem(processes, '/etc/pm2/app.clock.cjs'), readEcosystem, {
    processes: [
      {
        name: 'procname',
        interpreter: '/usr/bin/interp',
        interpreterArgs: ['--interp-arg'],
        script: '/srv/script.js',
        args: ['first-arg'],
        workingDirectory: '/srv/workdir',
        environment: { FIRST_KEY: 'first-value' },
        cron: '*/5 * * * *',
        instances: 2,
        maxMemoryBytes: 314_572_800,
        stopTimeoutMs: 5_000,
        outFile: '/var/log/out.log',
        errorFile: '/var/log/error.log',
      },
    ],
  }),
}
