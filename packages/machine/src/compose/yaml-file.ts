import { type Document, parseDocument, type ScalarTag } from 'yaml'
import { isRecord, type Mapping } from './judge/inspection.ts'

const maxCharacters = 256 * 1024
const maxDepth = 30
const maxValues = 20_000

/** Thrown with what is wrong, in words that go on after the name of the file; never with a part of it. */
export class Unreadable extends Error {}

/** `0440` is octal for every version of compose. */
const octal: ScalarTag = {
  ...{ tag: 'tag:yaml.org,2002:int', identify: () => false, default: true, test: /^0[0-7]+$/ },
  resolve: (text) => Number.parseInt(text, 8),
}

/** What a compose file says, as JSON would: of nothing but mappings, lists, texts, numbers, truths and nulls. */
export function parseYaml(text: string): Mapping {
  if (text.length > maxCharacters) throw new Unreadable(`it has more than ${maxCharacters} characters`)
  const document = attempt(() =>
    parseDocument(text, { merge: true, intAsBigInt: true, customTags: (tags) => [octal, ...tags] }),
  )
  refuseOthers(document)
  const parsed = attempt((): unknown => document.toJS({ maxAliasCount: 100 }))
  let values = 0
  const plain = (value: unknown, depth: number): unknown => {
    values += 1
    if (depth > maxDepth) throw new Unreadable(`it is nested more than ${maxDepth} deep`)
    if (values > maxValues) throw new Unreadable(`it holds more than ${maxValues} values`)
    if (typeof value === 'bigint')
      return BigInt(Number(value)) === value && isSafe(value) ? Number(value) : String(value)
    if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1))
    if (value === null || value === undefined) return null
    if (['string', 'boolean'].includes(typeof value) || Number.isFinite(value)) return value
    if (!isRecord(value) || Object.getPrototypeOf(value) !== Object.prototype) {
      throw new Unreadable('it holds a value that JSON has not got')
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, depth + 1)]))
  }
  const read = plain(parsed, 0)
  if (!isRecord(read)) throw new Unreadable('it is not a mapping')
  return read
}

const isSafe = (value: bigint) => Number.isSafeInteger(Number(value))

/** Tags and other versions of YAML mean something else to each reader. */
function refuseOthers(document: Document): void {
  const [error] = document.errors
  // The parser's own message would show the line, which may hold a secret.
  if (error) throw new Unreadable(`line ${error.linePos?.[0].line ?? 1} is not YAML (${error.code})`)
  const [warning] = document.warnings
  if (warning)
    throw new Unreadable(`line ${warning.linePos?.[0].line ?? 1} has something that is not read (${warning.code})`)
  const { yaml, tags } = document.directives ?? {}
  if (yaml?.explicit && yaml.version !== '1.2') throw new Unreadable('it is of another version of YAML than 1.2')
  if (Object.keys(tags ?? {}).some((handle) => handle !== '!!')) throw new Unreadable('it declares tags')
}

/** The parser throws what it was thrown: for an alias too many a ReferenceError, for brackets too many a RangeError. */
function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof ReferenceError) throw new Unreadable('it has too many aliases, or one that leads nowhere')
    if (error instanceof RangeError) throw new Unreadable('it is nested too deeply')
    throw new Unreadable('it is not YAML')
  }
}
