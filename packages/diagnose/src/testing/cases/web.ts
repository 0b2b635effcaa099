import { expect } from 'vitest'
import { app, healthy, looping, said, subject } from '../healthy.ts'
import type { RuleCase } from '../rule-case.ts'

const listeners = healthy().listeners ?? []
const without = (...ports: number[]) => listeners.filter(({ port }) => !ports.includes(port))
const caddy = (...texts: string[]) => said('caddy.service', ...texts)
const nginx = (...texts: string[]) => said('nginx.service', ...texts)
const url = 'https://automate.ikomadigit.com/'

/** Said while the address was asked for. */
const now = ({ logs }: ReturnType<typeof said>) => ({ logs: logs.map((line) => ({ ...line, at: 1000 })) })

export const webCases: RuleCase[] = [
  {
    rule: 'ports_past_firewall',
    when: 'a container publishes a port that no rule opens',
    evidence: { pastFirewall: { ports: ['db: 5432/tcp on 0.0.0.0', 'db: 5432/tcp on ::'] } },
    nearMiss: { pastFirewall: null },
    expect: { cause: { en: expect.stringContaining('what db publishes') } },
  },
  {
    rule: 'dns_missing',
    when: 'the name does not exist',
    evidence: { dns: { answers: [], failure: 'name_not_found', own: ['203.0.113.7'] } },
    nearMiss: { dns: { answers: [], failure: 'timeout', own: ['203.0.113.7'] } },
    expect: { mend: { advice: { en: expect.stringContaining('leads to 203.0.113.7') } } },
  },
  {
    rule: 'dns_elsewhere',
    when: 'the name still leads to the old server',
    evidence: { dns: { answers: ['198.51.100.9'], failure: null, own: ['203.0.113.7', '10.0.0.4'] } },
    // Behind NAT nobody here knows.
    nearMiss: { dns: { answers: ['198.51.100.9'], failure: null, own: ['10.0.0.4', '172.17.0.1', 'fe80::1'] } },
  },
  {
    rule: 'dns_elsewhere',
    when: 'the addresses are given, for a server behind NAT',
    evidence: {
      subject: subject({ addresses: ['192.0.2.1'] }),
      dns: { answers: ['198.51.100.9'], failure: null, own: ['10.0.0.4'] },
    },
    nearMiss: {
      subject: subject({ addresses: ['198.51.100.9'] }),
      dns: { answers: ['198.51.100.9'], failure: null, own: ['10.0.0.4'] },
    },
  },
  {
    rule: 'firewall_closed',
    when: 'ufw lets nobody in on 80',
    evidence: { firewall: { active: true, openPorts: [22, 443] } },
    nearMiss: { firewall: { active: false, openPorts: [] } },
    expect: { cause: { en: 'The firewall lets nobody in on 80.' } },
  },
  {
    rule: 'proxy_wrong_port',
    when: 'Caddy asks 3000, the app listens on 8080',
    evidence: {
      http: { url, status: 502, server: 'Caddy' },
      ...now(caddy('error http.log.error dial tcp 127.0.0.1:3000: connect: connection refused')),
    },
    nearMiss: {
      listeners: without(8080),
      http: { url, status: 502, server: 'Caddy' },
      ...caddy('error http.log.error dial tcp 127.0.0.1:8080: connect: connection refused'),
    },
    expect: { confidence: 'certain', cause: { en: 'It asks port 3000, but the app listens on 8080.' } },
  },
  {
    rule: 'upstream_down',
    when: 'nginx finds nobody behind it',
    evidence: {
      listeners: without(8080),
      unit: looping,
      http: { url, status: 502, server: 'nginx' },
      ...now(
        nginx(
          '2026/11/21 16:20:01 [error] 700#700: *5 connect() failed (111: Connection refused) while connecting to upstream, server: x, upstream: "http://127.0.0.1:8080/health", host: "x"',
        ),
      ),
    },
    // The app is back.
    nearMiss: nginx(
      '2026/11/21 16:20:01 [error] 700#700: *5 connect() failed (111: Connection refused) while connecting to upstream, server: x, upstream: "http://127.0.0.1:8080/health", host: "x"',
    ),
    expect: { confidence: 'certain' },
  },
  {
    rule: 'upstream_unknown',
    when: 'nginx does not know the container',
    evidence: {
      http: { url, status: 502, server: 'nginx' },
      ...nginx(
        '2026/11/21 16:20:01 [emerg] 1#1: host not found in upstream "api:8000" in /etc/nginx/conf.d/api.conf:4',
      ),
    },
    nearMiss: nginx('2026/11/21 16:20:01 [error] 7#7: *1 "/var/www/html/index.html" is not found (2: No such file)'),
  },
  {
    rule: 'upstream_slow',
    when: 'the app does not answer in time',
    evidence: {
      http: { url, status: 504, server: 'nginx' },
      ...nginx(
        '2026/11/21 16:20:01 [error] 7#7: *9 upstream timed out (110: Connection timed out) while reading response header',
      ),
    },
    nearMiss: nginx('2026/11/21 16:20:01 [info] 7#7: *9 client timed out (110: Connection timed out)'),
  },
  {
    rule: 'proxy_config_broken',
    when: 'nginx does not take a directive',
    evidence: nginx(
      '2026/11/21 16:20:01 [emerg] 900#900: unknown directive "proxy_pas" in /etc/nginx/sites-enabled/api:12',
    ),
    nearMiss: nginx('2026/11/21 16:20:01 [warn] 900#900: conflicting server name "x" on 0.0.0.0:80, ignored'),
    expect: { cause: { en: expect.stringContaining('unknown directive "proxy_pas"') } },
  },
  {
    rule: 'proxy_config_broken',
    when: 'Caddy does not take its Caddyfile',
    evidence: caddy(
      'Error: adapting config using caddyfile: /etc/caddy/Caddyfile:3: unrecognized directive: reverse_prox',
    ),
    nearMiss: caddy('info using adjacent Caddyfile'),
  },
  {
    rule: 'proxy_down',
    when: 'the proxy does not run',
    evidence: {
      listeners: without(80, 443),
      services: { 'caddy.service': 'failed' },
      http: { url, failure: 'connection_refused', message: `${url} refused the connection.` },
    },
    nearMiss: { listeners: null, services: { 'caddy.service': 'failed' } },
    expect: { mend: { advice: { en: expect.stringContaining('systemctl start caddy.service') } } },
  },
  {
    rule: 'keep_alive_mismatch',
    when: 'the app closes idle connections sooner than Caddy thinks',
    evidence: {
      keepAlive: { appSec: 5, proxy: { name: 'caddy', sec: 120 } },
      ...caddy('error http.log.error EOF'),
    },
    nearMiss: {
      keepAlive: { appSec: 5, proxy: { name: 'caddy', sec: 4 } },
      ...caddy('error http.log.error EOF'),
    },
    expect: {
      confidence: 'certain',
      cause: { en: 'The app closes idle connections after 5 s, caddy uses them for 120 s.' },
    },
  },
  {
    rule: 'keep_alive_mismatch',
    when: 'it was said in this run, not when the one before it was stopped for a deploy',
    evidence: {
      ...{ askedAt: 90_000_000, keepAlive: { appSec: 5, proxy: { name: 'caddy', sec: 120 } } },
      logs: [{ source: 'caddy.service', text: 'error http.log.error EOF', at: 80_000_000 }],
    },
    nearMiss: {
      ...{ askedAt: 90_000_000, keepAlive: { appSec: 5, proxy: { name: 'caddy', sec: 120 } } },
      logs: [{ source: 'caddy.service', text: 'error http.log.error EOF', at: 1_000_000 }],
    },
  },
  {
    rule: 'keep_alive_mismatch',
    when: 'nginx sees connections closed, and nothing could be measured',
    evidence: nginx(
      '2026/11/21 16:20:01 [error] 7#7: *9 upstream prematurely closed connection while reading response header from upstream',
    ),
    // The app ends again and again: that closes them.
    nearMiss: {
      unit: looping,
      ...nginx(
        '2026/11/21 16:20:01 [error] 7#7: *9 upstream prematurely closed connection while reading response header from upstream',
      ),
    },
    expect: { confidence: 'possible' },
  },
  {
    rule: 'http_server_error',
    when: 'the address answers 502',
    evidence: { http: { url, status: 502, server: 'nginx' } },
    nearMiss: { http: { url, status: 404, server: 'nginx' } },
  },
  {
    rule: 'http_no_answer',
    when: 'the address does not answer',
    evidence: { http: { url, failure: 'timeout', message: `${url} did not answer in time.` } },
    nearMiss: { http: { url, status: 401, server: '' } },
    // The server's own TLS is good: it may only be that it cannot ask itself from inside.
    expect: { confidence: 'possible' },
  },
  {
    rule: 'http_no_answer',
    when: 'the connection is refused',
    evidence: { http: { url, failure: 'connection_refused', message: `${url} refused the connection.` } },
    nearMiss: { http: null },
    expect: { confidence: 'certain' },
  },
  {
    rule: 'oauth_redirect_mismatch',
    when: 'Google does not know the redirect URI',
    evidence: app('{"error": "redirect_uri_mismatch", "error_description": "Bad Request"}'),
    nearMiss: app('redirecting to https://accounts.google.com/o/oauth2/v2/auth?redirect_uri=https%3A%2F%2Fx'),
  },
  {
    rule: 'oauth_invalid_grant',
    when: 'the refresh token was revoked',
    evidence: app("data: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' }"),
    nearMiss: app('grant_type=refresh_token 200'),
  },
  {
    rule: 'oauth_invalid_grant',
    when: 'the poller cannot refresh its token',
    evidence: app('[Amazon Poller] Token refresh failed for tenant t1'),
    nearMiss: app('[Amazon Poller] Fetched 3 messages for tenant t1'),
  },
  {
    rule: 'oauth_invalid_client',
    when: 'the secret is wrong',
    evidence: app('{"error":"invalid_client","error_description":"Client authentication failed"}'),
    nearMiss: app('HTTP 400 invalid client version header'),
  },
  {
    rule: 'oauth_invalid_client',
    when: 'the token exchange fails',
    evidence: app('Error: Token exchange failed'),
    nearMiss: app('Token exchanged'),
  },
  {
    rule: 'oauth_state',
    when: 'the state has expired',
    evidence: app('Error: Invalid state'),
    nearMiss: app('Invalid statement in rule 3'),
  },
  {
    rule: 'oauth_not_connected',
    when: 'OAuth was not completed',
    evidence: app('Error: Connection not CONNECTED'),
    nearMiss: app('Connection status CONNECTED'),
  },
  {
    rule: 'credentials_missing',
    when: 'Vault has none for the app',
    evidence: app('Error: No credentials found'),
    nearMiss: app('credentials found in secret/keybuzz/ai/amazon_spapi_app_temp'),
  },
  {
    rule: 'credentials_missing',
    when: 'the Vault token is not enough',
    evidence: app('vault read secret/keybuzz/ai/amazon_spapi_app: 403 permission denied'),
    nearMiss: app('vault token renewed for 768h'),
  },
]
