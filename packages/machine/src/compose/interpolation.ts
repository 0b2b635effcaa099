import { isRecord } from './judge/inspection.ts'
import { Unreadable } from './yaml-file.ts'

export type Variables = Readonly<Record<string, string>>

export interface Substitution {
  lookUp(name: string): string | undefined
  /** Called with the name of a variable that has no value and no default. */
  missed?: (name: string) => void
  /** Whether `$NAME` and `$$` mean something beside `${NAME}`: all but the files of variables of version 1. */
  bare?: boolean
}

const maxCharacters = 1024 * 1024
const maxNesting = 20

/** `$NAME`, `${NAME}`, with `:-`, `-`, `:+`, `+`, `:?` or `?` and what follows, in every text of a parsed file. */
export function interpolate(value: unknown, substitution: Substitution): unknown {
  let left = maxCharacters
  const deep = (each: unknown): unknown => {
    if (typeof each === 'string') {
      const text = each.includes('$') ? substitute(each, substitution) : each
      left -= text.length
      if (left < 0) throw new Unreadable('its variables make it too large')
      return text
    }
    if (Array.isArray(each)) return each.map(deep)
    if (!isRecord(each)) return each
    return Object.fromEntries(Object.entries(each).map(([key, item]) => [key, deep(item)]))
  }
  return deep(value)
}

export function substitute(text: string, substitution: Substitution, nesting = 0): string {
  if (nesting > maxNesting) throw new Unreadable('a variable in it is nested too deeply')
  const { bare = true } = substitution
  let read = ''
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('$', at)
    if (next < 0) return read + text.slice(at)
    read += text.slice(at, next)
    const [name] = /^[A-Za-z_]\w*/.exec(text.slice(next + 1, next + 200)) ?? []
    if (text[next + 1] === '{') {
      const end = closing(text, next + 1)
      read += braced(text.slice(next + 2, end), substitution, nesting)
      at = end + 1
    } else if (bare && text[next + 1] === '$') {
      read += '$'
      at = next + 2
    } else if (bare && name !== undefined) {
      read += known(name, substitution) ?? ''
      at = next + 1 + name.length
    } else {
      read += '$'
      at = next + 1
    }
    if (read.length > maxCharacters) throw new Unreadable('its variables make it too large')
  }
  return read
}

function closing(text: string, from: number): number {
  let open = 0
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') open += 1
    if (text[at] === '}') open -= 1
    if (open === 0) return at
  }
  throw new Unreadable('a variable in it has no end')
}

function braced(inside: string, substitution: Substitution, nesting: number): string {
  const [, name, sign = '', rest = ''] = /^([A-Za-z_]\w*)(?:(:?[-+?])([\s\S]*))?$/.exec(inside) ?? []
  if (name === undefined) throw new Unreadable('a variable in it has no name')
  const value = substitution.lookUp(name)
  const there = value !== undefined && (value !== '' || !sign.startsWith(':'))
  if (sign === '') return known(name, substitution) ?? ''
  if (sign.endsWith('?') && !there) throw new Unreadable(`the variable ${name}, which it asks for, has no value`)
  if (sign.endsWith('+')) return there ? substitute(rest, substitution, nesting + 1) : (value ?? '')
  return there ? value : substitute(rest, substitution, nesting + 1)
}

function known(name: string, { lookUp, missed }: Substitution): string | undefined {
  const value = lookUp(name)
  if (value === undefined) missed?.(name)
  return value
}

/** A variable by its name, and never what every object has. */
export const own = <T>(variables: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(variables, name) ? variables[name] : undefined
