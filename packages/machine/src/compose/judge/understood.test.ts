import { expect, test } from 'vitest'
import { composeTexts } from '../../testing/compose-texts.ts'
import { inspectComposeFile } from './judge-file.ts'
import type { Mount } from './mounts.ts'
import type { PublishedPort } from './ports.ts'

const root = '/srv/shop'

/** What is understood of a service; null where something was refused. */
function understood(service: object): Record<string, unknown> | null {
  const report = inspectComposeFile({ services: { web: service } }, root)
  if (report.findings.some(({ severity }) => severity === 'forbidden')) return null
  return (report.understood.services as Record<string, Record<string, unknown>>).web ?? null
}

test('a mount that is understood is what compose 2 would have read of its text', () => {
  const texts = composeTexts('volume', 5_000, 1)
  const all = texts.flatMap((text) => {
    const mount = (understood({ volumes: [text] })?.volumes as Mount[] | undefined)?.[0]
    return mount ? [{ text, mount }] : []
  })
  expect(all.length).toBeGreaterThan(60)
  for (const { text, mount } of all) {
    const { type, source = '', target, read_only } = mount
    expect({ text, type, source: source.replace(/^\/srv\/shop\/?/, './'), target, read_only }).toEqual({
      text,
      ...readByCompose(text),
    })
  }
})

test('a mount of a folder is one of the app, whatever its text', () => {
  for (const text of composeTexts('volume', 5_000, 2)) {
    for (const volume of [
      text,
      { type: 'bind', source: text, target: '/x' },
      { type: 'volume', source: text, target: '/x' },
    ]) {
      for (const { type, source, target } of (understood({ volumes: [volume] })?.volumes ?? []) as Mount[]) {
        expect(target).toMatch(/^\/[^:\\]*$/)
        if (type === 'bind') expect(source).toMatch(/^\/srv\/shop(\/[^:\\]+)?$/)
        else expect(source ?? 'none').toMatch(/^[A-Za-z0-9][\w-]+$/)
      }
    }
  }
})

test('a port that is understood is what Docker would have read of its text', () => {
  const all = composeTexts('port', 5_000, 3).flatMap((text) => {
    const ports = understood({ ports: [text] })?.ports as PublishedPort[] | undefined
    return ports ? [{ text, ports }] : []
  })
  expect(all.length).toBeGreaterThan(60)
  for (const { text, ports } of all) expect({ text, ports }).toEqual({ text, ports: readByDocker(text) })
})

test('a variable that is understood has the name before the first = and all that follows', () => {
  for (const text of composeTexts('environment', 2_000, 4)) {
    const environment = understood({ environment: [text] })?.environment as Record<string, string | null> | undefined
    if (environment === undefined) continue
    const [[name, value] = []] = Object.entries(environment)
    expect(value === null ? name : `${name}=${value}`).toBe(text)
  }
})

/** compose-go's format/volume.go, as far as one path goes: letters before a colon may be the drive of a Windows path. */
function readByCompose(spec: string) {
  const parts: string[] = []
  let buffer = ''
  for (const char of spec) {
    if (char === ':' && !/^\p{L}$/u.test(buffer)) {
      parts.push(buffer)
      buffer = ''
    } else buffer += char
  }
  parts.push(buffer)
  if (parts.length > 3 || parts.includes('')) throw new Error(`${spec} is refused by compose`)
  const [source = '', target = ''] = parts.length === 1 ? ['', parts[0]] : parts
  const path = /^[./~]|^\\\\|^\p{L}:/u.test(source)
  const modes = (parts[2] ?? '').split(',')
  return {
    ...{ type: path ? 'bind' : 'volume', target: clean(target) },
    source: path
      ? clean(source.startsWith('/') ? source : `${root}/${source}`).replace(/^\/srv\/shop\/?/, './')
      : source,
    read_only: modes.findLast((mode) => mode === 'ro' || mode === 'rw') === 'ro',
  }
}

/** path.Clean of Go. */
function clean(path: string): string {
  const kept: string[] = []
  for (const name of path.split('/')) {
    if (name === '..') kept.pop()
    else if (name !== '' && name !== '.') kept.push(name)
  }
  return `/${kept.join('/')}`
}

/** go-connections' nat.ParsePortSpec. */
function readByDocker(spec: string): PublishedPort[] {
  const [ports = '', protocol = 'tcp'] = spec.split('/')
  const parts = ports.split(':')
  const [target = '', published = '', ...rest] = parts.toReversed()
  const address = rest
    .toReversed()
    .join(':')
    .replace(/^\[(.*)\]$/, '$1')
  const range = (text: string) => {
    const [first = '', last = first] = text.split('-')
    return { first: Number(first), last: Number(last) }
  }
  const [inside, outside] = [range(target), published === '' ? null : range(published)]
  const known = { ...(address !== '' && { host_ip: address }), protocol }
  const found: PublishedPort[] = []
  for (let port = inside.first; port <= inside.last; port += 1) {
    const at = outside && outside.first + (port - inside.first)
    const one = inside.first === inside.last && outside && outside.last > outside.first
    const shown = one ? `${outside.first}-${outside.last}` : at === null ? undefined : String(at)
    found.push({ target: port, ...(shown !== undefined && { published: shown }), ...known })
  }
  return found
}
