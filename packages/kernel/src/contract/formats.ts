import * as z from 'zod'
import { isLoopbackUrl } from '../loopback.ts'
import type { Sentence } from './problem.ts'

export const formats = [
  'text',
  'integer',
  'number',
  'positive-number',
  'port',
  'boolean',
  'email',
  'host',
  'duration',
  'url',
  'https-url',
  'https-origins',
  'postgres-url',
  'redis-url',
  'smtp-url',
  'ip-list',
  'base64',
  'hex',
  'zone',
] as const
export type Format = (typeof formats)[number]

/** A variable's value as its format means it: durations in milliseconds, lists item by item. */
export type Value = string | number | boolean | string[]

interface Reading {
  means: Sentence
  /** Null for a text that is not of the format. */
  read: (text: string, local: boolean) => Value | null
}

/** What each format is, and how it is read; outside a local environment nothing may point to this machine by https. */
export const readings: Record<Format, Reading> = {
  text: { means: { en: 'must be a text', fr: 'doit être un texte' }, read: (text) => text },
  integer: {
    means: { en: 'must be a whole number', fr: 'doit être un nombre entier' },
    read: (text) => numberIn(text, /^-?\d{1,15}$/),
  },
  number: {
    means: { en: 'must be a number', fr: 'doit être un nombre' },
    read: (text) => numberIn(text, decimal),
  },
  'positive-number': {
    means: { en: 'must be a number above 0', fr: 'doit être un nombre supérieur à 0' },
    read: (text) => within(numberIn(text, decimal), Number.MIN_VALUE, Number.MAX_VALUE),
  },
  port: {
    means: { en: 'must be a port from 1 to 65535', fr: 'doit être un port de 1 à 65535' },
    read: (text) => within(numberIn(text, /^\d{1,5}$/), 1, 65_535),
  },
  boolean: {
    means: { en: 'must be true or false', fr: 'doit être true ou false' },
    read: (text) => booleans.get(text) ?? null,
  },
  email: {
    means: { en: 'must be an e-mail address', fr: 'doit être une adresse e-mail' },
    read: (text) => (z.email().safeParse(addressIn(text)).success ? text : null),
  },
  host: {
    means: { en: 'must be the name or address of a host', fr: 'doit être le nom ou l’adresse d’un hôte' },
    read: (text) => (isHost(text) ? text : null),
  },
  duration: {
    means: { en: 'must be a duration such as 30s, 15m or 7d', fr: 'doit être une durée, par exemple 30s, 15m ou 7d' },
    read: durationIn,
  },
  url: {
    means: { en: 'must be an http or https address', fr: 'doit être une adresse http ou https' },
    read: (text) => urlIn(text, ['http:', 'https:']),
  },
  'https-url': {
    means: { en: 'must be an https address of a public host', fr: 'doit être une adresse https d’un hôte public' },
    read: (text, local) => (isPublic(text, local) ? text : null),
  },
  'https-origins': {
    means: {
      en: 'must be https origins with commas between them, such as https://app.example.com, without path or wildcard',
      fr: 'doit être des origines https séparées par des virgules, par exemple https://app.example.com, sans chemin ni joker',
    },
    read: (text, local) => listIn(text, (item) => URL.parse(item)?.origin === item && isPublic(item, local)),
  },
  'postgres-url': {
    means: {
      en: 'must be a postgres:// address with a database',
      fr: 'doit être une adresse postgres:// avec une base',
    },
    read: (text) => postgresIn(text),
  },
  'redis-url': {
    means: { en: 'must be a redis:// or rediss:// address', fr: 'doit être une adresse redis:// ou rediss://' },
    read: (text) => urlIn(text, ['redis:', 'rediss:']),
  },
  'smtp-url': {
    means: { en: 'must be a smtp:// or smtps:// address', fr: 'doit être une adresse smtp:// ou smtps://' },
    read: (text) => urlIn(text, ['smtp:', 'smtps:']),
  },
  'ip-list': {
    means: {
      en: 'must be IP addresses or networks such as 10.0.0.0/8 with commas between them, and not all addresses',
      fr: 'doit être des adresses IP ou des réseaux (10.0.0.0/8) séparés par des virgules, et non toutes les adresses',
    },
    read: (text) => listIn(text, (item) => network.safeParse(item).success && !/\/0+$/.test(item)),
  },
  base64: {
    means: { en: 'must be base64', fr: 'doit être en base64' },
    read: (text) => (/^[A-Za-z0-9+/_-]+={0,2}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1 ? text : null),
  },
  hex: {
    means: { en: 'must be hexadecimal', fr: 'doit être en hexadécimal' },
    read: (text) => (/^(?:[0-9a-fA-F]{2})+$/.test(text) ? text : null),
  },
  zone: {
    means: {
      en: 'must be a time zone such as Europe/Paris',
      fr: 'doit être un fuseau horaire, par exemple Europe/Paris',
    },
    read: (text) => (isZone(text) ? text : null),
  },
}

const decimal = /^-?\d{1,15}(?:\.\d{1,15})?$/
const booleans = new Map([
  ...['true', '1', 'on', 'yes'].map((word) => [word, true] as const),
  ...['false', '0', 'off', 'no'].map((word) => [word, false] as const),
])
const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])
const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

function numberIn(text: string, form: RegExp): number | null {
  return form.test(text) ? Number(text) : null
}

function within(value: number | null, min: number, max: number): number | null {
  return value !== null && value >= min && value <= max ? value : null
}

function durationIn(text: string): number | null {
  const [, count = '', unit = ''] = /^(\d{1,9})(ms|[smhdw])$/.exec(text) ?? []
  return count === '' ? null : Number(count) * (unitMs[unit] ?? 0)
}

/** `BlingAuto <no-reply@blingauto.com>` is how senders are written. */
function addressIn(text: string): string {
  return /^[^<>@]{1,100}<([^<>]{3,254})>$/.exec(text)?.[1] ?? text
}

function isHost(text: string): boolean {
  if (z.union([z.ipv4(), z.ipv6()]).safeParse(text).success) return true
  const labels = text.split('.')
  return (
    text.length <= 253 &&
    !/^[\d.]+$/.test(text) &&
    labels.every((each) => /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/.test(each))
  )
}

/** An address whose host is told apart from everything else that is in it: no blanks, no wildcard, no other scheme. */
function urlIn(text: string, protocols: readonly string[]): string | null {
  const url = /^[\x21-\x7e]{1,2000}$/.test(text) && !text.includes('\\') ? URL.parse(text) : null
  if (!url || !protocols.includes(url.protocol) || !/^[a-z]+:\/\/[^/]/i.test(text)) return null
  return url.hostname === '' || /[*%]/.test(url.hostname) || url.port === '0' ? null : text
}

function postgresIn(text: string): string | null {
  const url = urlIn(text, ['postgres:', 'postgresql:']) ? URL.parse(text) : null
  return url && url.pathname.length > 1 && !url.pathname.slice(1).includes('/') ? text : null
}

/** Browsers are let in from there, or send secrets there: by https, and to no machine of the reader's own. */
function isPublic(text: string, local: boolean): boolean {
  if (urlIn(text, ['https:', 'http:']) === null) return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return false
  const host = url.hostname.replace(/\.$/, '')
  const own = isLoopbackUrl(`http://${host}/`) || host.endsWith('.localhost') || ['0.0.0.0', '[::]'].includes(host)
  return local ? url.protocol === 'https:' || own : url.protocol === 'https:' && !own
}

function listIn(text: string, isItem: (item: string) => boolean): string[] | null {
  const items = text.split(',').map((item) => item.trim())
  return items.length <= 200 && items.every((item) => item !== '' && isItem(item)) ? items : null
}

function isZone(text: string): boolean {
  if (!/^(?:UTC|[A-Za-z_]{1,30}(?:\/[A-Za-z0-9_+-]{1,30}){1,2})$/.test(text)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
