import { type Document, isScalar, parseDocument, type ScalarTag, visit } from 'yaml'
import { isRecord, type Mapping } from './judge/inspection.ts'
import { looksNumeric, Numeral } from './numeral.ts'

const maxCharacters = 256 * 1024
const maxDepth = 30
const maxValues = 20_000

/** Thrown with what is wrong, in words that go on after the name of the file; never with a part of it. */
export class Unreadable extends Error {}

/** A number is what was written until somebody knows whether it is to be counted. */
const numeral: ScalarTag = {
  ...{ tag: 'tag:yaml.org,2002:float', default: true, test: looksNumeric },
  identify: (value) => value instanceof Numeral,
  resolve: (text) => new Numeral(text),
  stringify: ({ value }) => String(value),
}

/** What a compose file says: nothing but mappings, lists, texts, numbers as they were written, truths and nulls. */
export function parseYaml(text: string): Mapping {
  if (text.length > maxCharacters) throw new Unreadable(`it has more than ${maxCharacters} characters`)
  const document = attempt(() => parseDocument(text, { merge: true, customTags: (tags) => [numeral, ...tags] }))
  refuseOthers(document)
  nameKeys(document)
  // Not by how many there are: each is counted below with all that it stands for.
  const parsed = attempt((): unknown => document.toJS({ maxAliasCount: -1 }))
  let values = 0
  const plain = (value: unknown, depth: number): unknown => {
    values += 1
    if (depth > maxDepth) throw new Unreadable(`it is nested more than ${maxDepth} deep`)
    if (values > maxValues) throw new Unreadable(`it holds more than ${maxValues} values`)
    if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1))
    if (value === null || value === undefined) return null
    if (['string', 'boolean'].includes(typeof value) || value instanceof Numeral) return value
    // With a tag that says so.
    if (typeof value === 'number') return new Numeral(String(value))
    if (!isRecord(value) || Object.getPrototypeOf(value) !== Object.prototype) {
      throw new Unreadable('it holds a value that JSON has not got')
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, depth + 1)]))
  }
  const read = plain(parsed, 0)
  if (read === null) throw new Unreadable('it is empty: services is missing')
  if (!isRecord(read)) throw new Unreadable('it is not a mapping with services')
  return read
}

/** A name is a text, as it was written: `ON` and `1` too. */
function nameKeys(document: Document): void {
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && !['string', 'symbol'].includes(typeof key.value)) key.value = key.source ?? ''
    },
  })
}

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
