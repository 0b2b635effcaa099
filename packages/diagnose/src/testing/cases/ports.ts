import { expect } from 'vitest'
import { app, healthy, looping, said, subject } from '../healthy.ts'
import type { RuleCase } from '../rule-case.ts'

const listeners = healthy().listeners ?? []
const withoutApp = listeners.filter(({ port }) => port !== 8080)
const apache = { address: '*', port: 8080, process: 'apache2', pid: 4242, unit: 'apache2.service' }

const taken = app('Error: listen EADDRINUSE: address already in use :::8080')

export const portCases: RuleCase[] = [
  {
    rule: 'port_taken',
    when: 'Node finds its port taken',
    evidence: {
      unit: looping,
      listeners: [...withoutApp, apache],
      ...app('Error: listen EADDRINUSE: address already in use :::8080'),
    },
    nearMiss: {
      unit: looping,
      listeners: withoutApp,
      ...app('Error: listen EADDRNOTAVAIL: address not available 10.1.1.1:8080'),
    },
    expect: {
      confidence: 'certain',
      cause: { en: 'Port 8080 is held by apache2.service (apache2, pid 4242).' },
      mend: { order: null, advice: { en: expect.stringContaining('systemctl stop apache2.service') } },
    },
  },
  {
    rule: 'port_taken',
    when: 'another of our units holds it, and the log was not seen',
    evidence: {
      unit: looping,
      listeners: [...withoutApp, { ...apache, process: 'node', unit: 'orders.service' }],
      managedUnits: ['gateway.service', 'orders.service'],
    },
    nearMiss: { unit: looping, listeners },
    expect: { mend: { order: { type: 'service.systemd.stop', payload: { name: 'orders' } } } },
  },
  {
    rule: 'port_taken',
    when: 'nginx finds port 80 taken by Caddy',
    evidence: said(
      'nginx.service',
      '2026/11/21 16:20:01 [emerg] 900#900: bind() to 0.0.0.0:80 failed (98: Address already in use)',
    ),
    nearMiss: said('caddy.service', 'error listening on :443: listen tcp :443: bind: address already in use'),
    expect: { cause: { en: 'Port 80 is held by caddy.service (caddy, pid 700).' } },
  },
  {
    rule: 'port_taken',
    when: 'Docker finds a port taken',
    evidence: said(
      'container postgres',
      'Error response from daemon: driver failed programming external connectivity on endpoint blingauto-postgres: Bind for 0.0.0.0:5432 failed: port is already allocated',
    ),
    nearMiss: said('container postgres', 'listening on IPv4 address "0.0.0.0", port 5432'),
  },
  {
    rule: 'port_taken',
    when: 'uvicorn finds its port taken',
    evidence: said(
      'container api',
      "ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use",
    ),
    nearMiss: said('container api', 'INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)'),
  },
  {
    rule: 'port_taken',
    when: 'a container publishes it',
    evidence: {
      unit: looping,
      listeners: [...withoutApp, { ...apache, process: 'docker-proxy', unit: 'docker.service' }],
    },
    nearMiss: { listeners: [...withoutApp, { ...apache, process: null, pid: null, unit: null }], ...taken },
    expect: { mend: { order: null, advice: { en: expect.stringContaining('docker ps --filter publish=8080') } } },
  },
  {
    rule: 'port_taken',
    when: 'who holds it cannot be seen',
    evidence: {
      unit: looping,
      listeners: [...withoutApp, { ...apache, process: null, pid: null, unit: null }],
      ...taken,
    },
    nearMiss: taken,
    expect: { cause: { en: 'Port 8080 is held by another program.' } },
  },
  {
    rule: 'listening_elsewhere',
    when: 'it kept its default port 5000',
    evidence: {
      listeners: [...withoutApp, { address: '*', port: 5000, process: 'node', pid: 812, unit: 'gateway.service' }],
    },
    nearMiss: {
      listeners: [...listeners, { address: '*', port: 9100, process: 'node', pid: 812, unit: 'gateway.service' }],
    },
    expect: { cause: { en: 'gateway.service listens on port 5000 instead.' } },
  },
  {
    rule: 'listening_on_one_address',
    when: 'it listens on the private address alone',
    evidence: {
      listeners: [
        ...withoutApp,
        { address: '10.0.0.4', port: 8080, process: 'node', pid: 812, unit: 'gateway.service' },
      ],
    },
    nearMiss: {
      listeners: [...withoutApp, { address: '*', port: 8080, process: 'node', pid: 812, unit: 'gateway.service' }],
    },
  },
  {
    rule: 'port_not_listening',
    when: 'nothing listens',
    evidence: { listeners: withoutApp },
    nearMiss: { listeners: null },
  },
  {
    rule: 'port_not_listening',
    when: 'nothing listens, and what runs it is not known',
    evidence: { listeners: withoutApp, unit: null, subject: subject({ unit: null }) },
    nearMiss: { unit: null, subject: subject({ unit: null, port: null }), listeners: [] },
    expect: { mend: { order: null } },
  },
  {
    rule: 'port_taken',
    when: 'only one address of the port is taken',
    evidence: {
      unit: looping,
      listeners: withoutApp,
      ...app('Error: listen EADDRINUSE: address already in use ::1:8080'),
    },
    nearMiss: {
      unit: looping,
      listeners: withoutApp,
      ...app('Error: listen EADDRINUSE: address already in use /run/app.sock'),
    },
    expect: { cause: { en: 'Port 8080 is held by another program.' } },
  },
  {
    rule: 'privileged_port',
    when: 'it wants port 80 of one address without being root',
    evidence: { unit: looping, ...app('Error: listen EACCES: permission denied 127.0.0.1:80') },
    nearMiss: { unit: looping, ...app('Error: listen EADDRINUSE: address already in use 127.0.0.1:8080') },
    expect: { cause: { en: 'Port 80 is below 1024, which only root opens.' } },
  },
  {
    rule: 'privileged_port',
    when: 'it wants port 80 without being root',
    evidence: { unit: looping, ...app('Error: listen EACCES: permission denied 0.0.0.0:80') },
    nearMiss: app("Error: EACCES: permission denied, open '/srv/gateway/gateway.db'"),
  },
]
