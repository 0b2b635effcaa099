import { AppError } from '@ikoma/kernel'

/** What somebody would write into a field to get out of it. */
export const hostileTexts = [
  ...['a\nb', 'a\rb', 'a\tb', 'a\0b', 'a\u0085b', 'a\u2028b', 'a\u2029b', 'a\u007fb', '\ufeffa', '\ud800', 'é', '🙂'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what a shell, compose and Caddy would replace
  ...['a%b', '%h', '%%', '{$HOME}', '{env.HOME}', '{}', '{', '}', '${X}', '$X', '$$', '$(id)', '`id`'],
  ...[';rm', ';', 'a;b', '-x', '--x=y', '#', 'a #b', '"', "'", '`', '\\', 'a\\', '\\n', 'a"b\\c', '`"', '`\\', '\\"'],
  ...[
    '../../etc/passwd',
    '..',
    '/..',
    '/a/../b',
    './a',
    '~',
    '//a',
    '/etc/passwd\n',
    'a/b',
    'a:b',
    '*',
    '?',
    '!',
    '@',
    '|',
    '&',
  ],
  ...['', ' ', ' a', 'a ', 'a b', 'on', 'null', '1:30', '0x1f', '1e3', '=', 'a=b', '[Service]', 'ExecStart=/bin/sh'],
  ...[
    'a\n[Service]\nUser=root',
    'a";\n}\nserver{}',
    '</script>',
    '<<: *x',
    '- x',
    'x'.repeat(200_000),
    'x'.repeat(20_000),
  ],
  ...['__proto__', 'constructor', 'toString'],
]

const hostileNumbers = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 1e21, 2 ** 53]

/** `['environment', 'A']`; a key of a record is itself hostile when `key` is set. */
interface Place {
  path: readonly string[]
  value: unknown
  key: boolean
}

export interface Attempt {
  place: Place
  hostile: unknown
  input: unknown
}

/** Every text, number and record key of a sample, each replaced by everything hostile in turn. */
export function* attempts(sample: unknown): Generator<Attempt> {
  for (const place of placesOf(sample, [])) {
    for (const hostile of typeof place.value === 'number' ? hostileNumbers : hostileTexts) {
      yield { place, hostile, input: replaced(sample, place, hostile) }
    }
  }
}

export type Outcome<T> = { refusedAt: string } | { rendered: T }

/** Anything else than an AppError that names a field is a bug, and thrown on. */
export function outcomeOf<T>(render: () => T): Outcome<T> {
  try {
    return { rendered: render() }
  } catch (error) {
    const field = error instanceof AppError && error.code === 'invalid' ? error.fields?.[0]?.field : undefined
    if (field === undefined) throw error
    return { refusedAt: field }
  }
}

/** What a reader must see in the place of what it sees in the sample: nothing but the replaced text differs. */
export function substituted(read: unknown, from: string, to: string): unknown {
  if (typeof read === 'string') return read.split(from).join(to)
  if (Array.isArray(read)) return read.map((item) => substituted(item, from, to))
  if (typeof read !== 'object' || read === null) return read
  return Object.fromEntries(
    Object.entries(read).map(([key, value]) => [key.split(from).join(to), substituted(value, from, to)]),
  )
}

function placesOf(value: unknown, path: readonly string[]): Place[] {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'boolean' ? [] : [{ path, value, key: false }]
  }
  return Object.entries(value).flatMap(([key, item]) => [
    // The fields of our own types are camelCase; a record's keys are recognised by their parent.
    ...(isRecordOfNames(path) ? [{ path: [...path, key], value: key, key: true }] : []),
    ...placesOf(item, [...path, key]),
  ])
}

const records = ['environment', 'headers', 'services', 'dependsOn', 'buildArguments']
const isRecordOfNames = (path: readonly string[]) => records.includes(path.at(-1) ?? '')

function replaced(value: unknown, place: Place, hostile: unknown, depth = 0): unknown {
  const at = place.path[depth]
  if (at === undefined) return hostile
  const atKey = place.key && depth === place.path.length - 1
  if (Array.isArray(value)) {
    return value.map((item, index) => (String(index) === at ? replaced(item, place, hostile, depth + 1) : item))
  }
  return Object.fromEntries(
    Object.entries(value as object).map(([key, item]) => {
      if (key !== at) return [key, item]
      return atKey ? [hostile, item] : [key, replaced(item, place, hostile, depth + 1)]
    }),
  )
}
