import { createContext, Script } from 'node:vm'
import { parse } from 'yaml'

/** Each reads a format as its tool's manual says, and throws where the tool would see more than plain values. */

/** systemd.syntax(7): settings in order, with the words of those that are split into words. */
export function readUnit(unit: string): unknown {
  return logicalLines(unit).map((line) => {
    const at = line.indexOf('=')
    if (at < 0) return line
    const [key, value] = [line.slice(0, at), line.slice(at + 1).trim()]
    if (key === 'ExecStart') return [key, ...unitWords(value).map((word, index) => (index > 0 ? dollars(word) : word))]
    if (key === 'Environment') return [key, ...unitWords(value)]
    return [key, key === 'CPUQuota' ? value : specifiers(value)]
  })
}

/** The one specifier that is ours: who connected, behind the arguments. */
export function readConnectionUnit(unit: string): unknown {
  return readUnit(unit.replace(/(\nExecStart=[^\n]*) %i\n/, '$1\n'))
}

/** A backslash at the end of a line joins the next to it; lines that begin with # or ; are comments. */
function logicalLines(unit: string): string[] {
  return unit
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#;]/.test(line))
}

function unitWords(value: string): string[] {
  const words: string[] = value.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s"'\\]+/g) ?? []
  if (words.join(' ') !== value) throw new Error(`not understood: ${value}`)
  if (words.includes(';')) throw new Error('a second command')
  return words.map((word) => specifiers(/^["']/.test(word) ? unescaped(word.slice(1, -1)) : word))
}

const unescaped = (text: string) =>
  text.replace(/\\(u[0-9a-f]{4}|.)/g, (_, code: string) => {
    if (code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
    const known: Record<string, string> = { n: '\n', t: '\t', '"': '"', '\\': '\\' }
    return known[code] ?? notUnderstood(code)
  })

const specifiers = (text: string) =>
  text.replace(/%(.?)/g, (_, next) => (next === '%' ? '%' : notUnderstood(`%${next}`)))
const dollars = (text: string) => text.replace(/\$(.?)/g, (_, next) => (next === '$' ? '$' : notUnderstood(`$${next}`)))

function notUnderstood(what: string): never {
  throw new Error(`has a meaning: ${what}`)
}

/** Caddyfile tokens line by line: {$ENV} and {placeholders} would be replaced, whether quoted or not. */
export function readCaddyfile(file: string): unknown {
  if (/\{\$|\{[^\s]/.test(file)) throw new Error('a placeholder')
  const token = /"(?:\\"|[^"])*"|`[^`]*`|\n|[^\s"`][^\s]*/g
  return [...file.matchAll(token)].map(([text]) => {
    if (text.startsWith('#')) throw new Error('a comment')
    if (text.startsWith('"')) return { text: text.slice(1, -1).replaceAll('\\"', '"') }
    return text.startsWith('`') ? { text: text.slice(1, -1) } : braceOr(text)
  })
}

const braceOr = (text: string) => (/^[{}\n]$/.test(text) ? text : { text })

const knownVariables =
  /^\$(binary_remote_addr|http_upgrade|uri|server_name|request_uri|host|remote_addr|scheme|upstream_http_[a-z0-9_]+|ikoma_[a-z0-9_]+)/

/** nginx's ngx_conf_read_token: words with their escapes undone; a $ that is not one of ours is a variable. */
export function readNginx(file: string): unknown {
  const token = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|[{};]|(?:[^\s"';{}\\]|\\[\s\S])[^\s;{]*/g
  return [...file.matchAll(token)].map(([word]) => {
    if (/^#/.test(word)) throw new Error('a comment')
    for (const [at] of word.matchAll(/\$.*/g)) if (!knownVariables.test(at)) throw new Error(`a variable: ${at}`)
    return /^["']/.test(word) ? word.slice(1, -1).replace(/\\(["'\\])/g, '$1') : word
  })
}

/** After compose's interpolation: `$$` is a dollar sign, anything else a variable. */
export function readCompose(file: string): unknown {
  return interpolated(parse(file, { version: '1.1' }))
}

function interpolated(value: unknown): unknown {
  if (typeof value === 'string') return dollars(value)
  if (Array.isArray(value)) return value.map(interpolated)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolated(item)]))
}

/** deb822(5): one field a line, in words; here none goes on over the next line, and there is one stanza. */
export function readAptFields(file: string): unknown {
  return file
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => {
      const [, name, value] = /^([A-Z][A-Za-z-]*): (\S.*)$/.exec(line) ?? notUnderstood(line)
      return [name, ...String(value).split(/\s+/)]
    })
}

/** Run, in a world with nothing in it. */
export function readEcosystem(file: string): unknown {
  const world = createContext({ module: { exports: {} } })
  new Script(file).runInContext(world)
  return JSON.parse(JSON.stringify(world.module.exports))
}
