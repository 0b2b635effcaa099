import { closest, distance } from 'fastest-levenshtein'
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser'
import type * as z from 'zod'
import { policyKeys, policySchema } from './policy-schema.ts'

/** What is wrong with a policy's text, and where. It never holds a value that stands in it: only names of keys. */
export interface PolicyProblem {
  kind: 'syntax' | 'unknown_key' | 'repeated_key' | 'value' | 'unused_scope'
  line: number
  column: number
  /** Dotted, such as `compose./srv/app.0`; empty for the file as a whole. */
  path: string
  /** What the kind does not say by itself: zod's words, or the parser's name of it, such as `CommaExpected`. */
  message: string
  /** The key or the scope that may have been meant. */
  nearest: string | null
}

export interface ExaminedPolicy {
  /** Null when the text is refused. */
  written: z.infer<typeof policySchema> | null
  /** All that it is refused for. */
  problems: PolicyProblem[]
  /** What is taken and can hardly be meant. */
  warnings: PolicyProblem[]
  /** Keys that the text itself says, where it is an object. */
  keys: string[]
}

interface Examining {
  /** In which zod says what is wrong. */
  localeError?: z.core.$ZodErrorMap
  /** Scopes that some order type needs, and those above them. */
  knownScopes?: readonly string[]
}

/** Looks at all of a policy's text. */
export function examinePolicy(text: string, { localeError, knownScopes }: Examining = {}): ExaminedPolicy {
  const errors: ParseError[] = []
  const tree = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  const parsed = parseJson(text)
  const at = places(text)
  const nothing = { written: null, warnings: [], keys: [] }
  if (parsed === null) return { ...nothing, problems: syntaxProblems(errors, at) }
  const result = policySchema.safeParse(parsed.json, localeError && { error: localeError })
  const problems = result.success ? [] : result.error.issues.flatMap((issue) => problemsOf(issue, tree, at))
  const warnings = [...repeated(tree, [], at), ...unusedScopes(tree, knownScopes, at)]
  const keys = tree?.type === 'object' ? (tree.children ?? []).map(keyOf) : []
  return { written: result.data ?? null, problems: inOrder(problems), warnings: inOrder(warnings), keys }
}

/** One line in English, for logs and for who is told over the network. */
export function problemLine({ kind, line, column, path, message, nearest }: PolicyProblem): string {
  const where = `line ${line}, column ${column}`
  if (kind === 'syntax') return `it is not JSON, ${where}: ${message.replace(/(?!^)[A-Z]/g, ' $&').toLowerCase()}`
  if (kind !== 'unknown_key') return `${where}: ${path || 'the file'}: ${message}`
  const meant = nearest === null ? '' : ` Did you mean "${nearest}"?`
  return `${where}: ${path}: there is no such key.${meant} There are: ${policyKeys.join(', ')}`
}

type Place = Pick<PolicyProblem, 'line' | 'column'>

function parseJson(text: string): { json: unknown } | null {
  try {
    return { json: JSON.parse(text) }
  } catch {
    return null
  }
}

function syntaxProblems(errors: readonly ParseError[], at: (offset: number) => Place): PolicyProblem[] {
  const told = errors.map(({ error, offset }) => ({
    ...{ kind: 'syntax' as const, ...at(offset), path: '', nearest: null },
    message: printParseErrorCode(error),
  }))
  return told.length > 0 ? told : [{ kind: 'syntax', ...at(0), path: '', message: 'InvalidCharacter', nearest: null }]
}

function problemsOf(issue: z.core.$ZodIssue, tree: Node | undefined, at: (offset: number) => Place): PolicyProblem[] {
  const path = issue.path.map((each) => (typeof each === 'number' ? each : String(each)))
  const node = tree && nodeAt(tree, path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const place = at(propertyOf(node, key)?.offset ?? 0)
      return {
        kind: 'unknown_key',
        ...place,
        path: [...path, key].join('.'),
        message: issue.message,
        nearest: near(key),
      }
    })
  }
  // The key of a record, rather than what it holds.
  const inner = issue.code === 'invalid_key' ? issue.issues[0] : undefined
  const offset = inner ? node?.parent?.offset : node?.offset
  const message = inner?.message ?? issue.message
  return [{ kind: 'value', ...at(offset ?? 0), path: path.join('.'), message, nearest: null }]
}

/** What stands at the path, or at the last part of it that is there. */
function nodeAt(tree: Node, path: (string | number)[]): Node {
  for (let length = path.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(tree, path.slice(0, length))
    if (node) return node
  }
  return tree
}

function propertyOf(node: Node | undefined, key: string): Node | undefined {
  return node?.children?.find((each) => keyOf(each) === key)
}

const keyOf = (property: Node): string => String(property.children?.[0]?.value ?? '')

/** Of two that say the same, JSON takes the last without a word. */
function repeated(node: Node | undefined, path: string[], at: (offset: number) => Place): PolicyProblem[] {
  if (node?.type !== 'object') return []
  const properties = node.children ?? []
  const inner = properties.flatMap((each) => repeated(each.children?.[1], [...path, keyOf(each)], at))
  const again = properties.filter(
    (each, index) => properties.findIndex((other) => keyOf(other) === keyOf(each)) < index,
  )
  const message = 'it stands here more than once, and the last one counts.'
  const told = again.map((each) => {
    const named = [...path, keyOf(each)].join('.')
    return { kind: 'repeated_key' as const, ...at(each.offset), path: named, message, nearest: null }
  })
  return [...told, ...inner]
}

function unusedScopes(
  tree: Node | undefined,
  known: readonly string[] | undefined,
  at: (offset: number) => Place,
): PolicyProblem[] {
  const listed = known && tree && findNodeAtLocation(tree, ['scopes'])?.children
  return (listed ?? []).flatMap((node, index) => {
    const scope: unknown = getNodeValue(node)
    if (typeof scope !== 'string' || scope === '*' || known?.includes(scope)) return []
    const message = 'no order type needs this scope.'
    const nearest = near(scope, known)
    return [{ kind: 'unused_scope' as const, ...at(node.offset), path: `scopes.${index}`, message, nearest }]
  })
}

/** What was meant, when it is no further away than a slip of the keys. */
function near(word: string, among: readonly string[] = policyKeys): string | null {
  const lower = word.toLowerCase()
  const found = closest(
    lower.slice(0, 100),
    among.map((each) => each.toLowerCase()),
  )
  const meant = among.find((each) => each.toLowerCase() === found) ?? null
  return meant !== null && isSlip(lower, found) ? meant : null
}

function isSlip(word: string, other: string): boolean {
  return word.length <= 100 && distance(word, other) <= Math.max(2, Math.floor(other.length / 3))
}

/** Lines and columns from 1, as editors count. */
function places(text: string): (offset: number) => Place {
  return (offset) => {
    const before = text.slice(0, offset).split('\n')
    return { line: before.length, column: (before.at(-1) ?? '').length + 1 }
  }
}

const inOrder = (problems: PolicyProblem[]) => problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
