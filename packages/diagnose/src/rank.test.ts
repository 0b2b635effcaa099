import { expect, test } from 'vitest'
import { judge } from './rank.ts'
import { rules } from './rules/index.ts'
import { app, healthy, looping, said } from './testing/healthy.ts'

const apache = { address: '*', port: 8080, process: 'apache2', pid: 4242, unit: 'apache2.service' }
const proxies = (healthy().listeners ?? []).filter(({ port }) => port !== 8080)
const url = 'https://automate.ikomadigit.com/'
const badGateway = { http: { url, status: 502, server: 'Caddy' } } as const

function storyOf(changes: Parameters<typeof healthy>[0]) {
  return judge(healthy(changes), rules).map(({ rule, consequenceOf }) => [rule, consequenceOf])
}

test('a port that is taken stands above the loop and the 502 that follow from it', () => {
  const story = storyOf({
    ...badGateway,
    unit: looping,
    listeners: [...proxies, apache],
    ...app('Error: listen EADDRINUSE: address already in use :::8080'),
  })
  expect(story).toEqual([
    ['port_taken', null],
    ['restart_loop', 'port_taken'],
    ['http_server_error', 'restart_loop'],
  ])
})

test('a full disk stands above everything that it brings down', () => {
  const { logs } = app('SqliteError: database or disk is full')
  const refused = said('caddy.service', 'error http.log.error dial tcp 127.0.0.1:8080: connect: connection refused')
  const story = storyOf({
    ...badGateway,
    unit: looping,
    listeners: proxies,
    disks: [{ mount: '/', usedPercent: 100, availableBytes: 0, inodesUsedPercent: 9 }],
    logs: [...logs, ...refused.logs],
  })
  expect(story).toEqual([
    ['disk_full', null],
    ['restart_loop', 'disk_full'],
    ['port_not_listening', 'restart_loop'],
    ['upstream_down', 'port_not_listening'],
    ['http_server_error', 'upstream_down'],
  ])
})

test('of causes that have nothing to do with each other the surest comes first', () => {
  const { logs } = app('error: Environment variable not found: DATABASE_URL.', 'Error: No credentials found')
  const story = storyOf({ logs, firewall: { active: true, openPorts: [22] } })
  expect(story).toEqual([
    ['firewall_closed', null],
    ['environment_missing', null],
    ['credentials_missing', null],
  ])
})

test('the name that leads elsewhere explains why the authority refused', () => {
  const refusal = 'error http.acme_client challenge failed x urn:ietf:params:acme:error:unauthorized Invalid response'
  const story = storyOf({
    ...said('caddy.service', refusal),
    dns: { answers: ['198.51.100.9'], failure: null, own: ['203.0.113.7'] },
    tls: { problem: 'tls_failed', message: 'alert internal error', issuer: null, daysLeft: null },
  })
  expect(story.map(([rule]) => rule)).toEqual(['dns_elsewhere', 'acme_unauthorized', 'acme_failed', 'tls_not_ready'])
})
