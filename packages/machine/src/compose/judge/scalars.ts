import { Numeral } from '../numeral.ts'
import { isRecord, type Judge, listed, type Mapping } from './inspection.ts'

/** A text, a number as it was written, or a boolean as YAML prints it. */
export const text: Judge<string> = (value, field, inspection) => {
  if (value === null || value === undefined) return undefined
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value) || value instanceof Numeral
  if (!isScalar) return inspection.puzzled(field, 'is not a text.')
  const read = String(value)
  if (read.includes('\0') || !read.isWellFormed()) {
    return inspection.puzzled(field, 'has a character that no program can be given.')
  }
  return read
}

/** A text of this form, whole. */
export const matching =
  (form: RegExp, what: string): Judge<string> =>
  (value, field, inspection) => {
    const read = text(value, field, inspection)
    if (read === undefined || form.test(read)) return read
    return inspection.puzzled(field, `is not ${what}.`)
  }

const truths: Readonly<Record<string, boolean>> = {
  ...{ true: true, yes: true, on: true, y: true, t: true, 1: true },
  ...{ false: false, no: false, off: false, n: false, f: false, 0: false },
}

export const truth: Judge<boolean> = (value, field, inspection) => {
  if (value === null) return undefined
  const word = String(value).toLowerCase()
  const scalar = typeof value === 'string' || typeof value === 'boolean' || value instanceof Numeral
  if (scalar && Object.hasOwn(truths, word)) return truths[word]
  return inspection.puzzled(field, 'is neither true nor false.')
}

export const amount =
  (smallest = 0): Judge<number> =>
  (value, field, inspection) => {
    if (value === null) return undefined
    const given = value instanceof Numeral ? value.whole : value
    const read = typeof given === 'string' && /^-?\d{1,15}$/.test(given) ? Number(given) : given
    if (typeof read === 'number' && Number.isSafeInteger(read) && read >= smallest) return read
    return inspection.puzzled(field, 'is not a whole number that it may be.')
  }

/** `0.5` of a processor. */
export const fraction: Judge<number> = (value, field, inspection) => {
  if (value === null) return undefined
  const written = value instanceof Numeral ? value.source : value
  const read =
    typeof written === 'string' && /^(\d{1,6}(\.\d{0,9})?|\.\d{1,9})$/.test(written) ? Number(written) : written
  return typeof read === 'number' && Number.isFinite(read) && read >= 0
    ? read
    : inspection.puzzled(field, 'is not a number.')
}

export const duration = matching(/^(\d{1,9}(\.\d{1,9})?(ns|us|µs|ms|s|m|h))+$/, 'a time with its unit, such as 30s')

const units = ['', 'k', 'm', 'g', 't', 'p']

/** `512m`, as Docker counts it: in bytes. */
export const bytes: Judge<number> = (value, field, inspection) => {
  if (value === null) return undefined
  const [all, number = '', unit = ''] = /^(\d{1,15}(?:\.\d{1,9})?) ?([kmgtp]?)(?:i?b)?$/i.exec(String(value)) ?? []
  if (typeof value === 'boolean' || isRecord(value) || Array.isArray(value) || all === undefined) {
    return inspection.puzzled(field, 'is not a size, such as 512m.')
  }
  return Math.floor(Number(number) * 1024 ** units.indexOf(unit.toLowerCase()))
}

/** How much memory and swap; -1 is as much as there is. */
export const bytesOrAll: Judge<number> = (value, field, inspection) =>
  String(value) === '-1' ? -1 : bytes(value, field, inspection)

/** The permission bits of a file: `0440`, or the number that YAML makes of it. */
export const fileMode: Judge<number> = (value, field, inspection) => {
  if (typeof value === 'string' && /^0?[0-7]{3}$/.test(value)) return Number.parseInt(value, 8)
  const read = amount()(value, field, inspection)
  return read === undefined || read <= 0o777 ? read : inspection.puzzled(field, 'is not the mode of a file.')
}

/** Always a list, whether it was one or a single item. */
export const listOf =
  <T>(judge: Judge<T>): Judge<T[]> =>
  (value, field, inspection) => {
    if (value === null) return undefined
    const at = (index: number) => (Array.isArray(value) ? `${field}/${index}` : field)
    const read = listed(value).map((item, index) => judge(item, at(index), inspection))
    return read.filter((item) => item !== undefined)
  }

/** Names that compose cannot take for a path within the file, as it does `web.build`. */
const plainName = /^[A-Za-z0-9][\w-]{0,99}$/

/** A mapping with names of ours as keys; with nothing, what its judge makes of nothing. */
export const named =
  <T>(judge: Judge<T>): Judge<Record<string, T>> =>
  (value, field, inspection) => {
    if (value === null) return undefined
    if (!isRecord(value)) return inspection.puzzled(field, 'is not a mapping.')
    const read = Object.entries(value).flatMap(([name, item]): [string, T][] => {
      const at = `${field}/${name}`
      if (!plainName.test(name))
        inspection.puzzled(at, 'has a name with other characters than letters, digits, _ and -.')
      const one = judge(item, at, inspection)
      return one === undefined ? [] : [[name, one]]
    })
    return Object.fromEntries(read)
  }

/** `{a: b}` or `[a=b]`; a name without a value has null. */
export const pairs: Judge<Record<string, string | null>> = (value, field, inspection) => {
  if (value === null) return undefined
  if (!isRecord(value) && !Array.isArray(value)) return inspection.puzzled(field, 'is neither a mapping nor a list.')
  const given: [name: string, value: unknown, at: string][] = Array.isArray(value)
    ? value.map((item, index) => [...pairOf(item), `${field}/${index}`])
    : Object.entries(value).map(([name, item]) => [name, item, `${field}/${name}`])
  const read = given.flatMap(([name, item, at]): [string, string | null][] => {
    const one = text(item, at, inspection) ?? null
    if (/^[^\s=\0]{1,1000}$/.test(name) && name.isWellFormed() && name !== '<<') return [[name, one]]
    inspection.puzzled(at, 'has a name that no variable or label can have.')
    return []
  })
  return Object.fromEntries(read)
}

function pairOf(item: unknown): [string, unknown] {
  if (typeof item !== 'string') return ['', null]
  const end = item.indexOf('=')
  return end < 0 ? [item, null] : [item.slice(0, end), item.slice(end + 1)]
}

/** Options that have one form alone. */
export const options: Judge<Record<string, string>> = (value, field, inspection) => {
  const read = pairs(value, field, inspection)
  return read && Object.fromEntries(Object.entries(read).map(([name, one]) => [name, one ?? '']))
}

/** A mapping of which nothing is forbidden but what was not understood. */
export const mapping =
  (judges: Readonly<Record<string, Judge>>): Judge<Mapping> =>
  (value, field, inspection) =>
    value === null ? undefined : inspection.keys(value, field, judges)
