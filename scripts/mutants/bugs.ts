import { parseSync } from 'oxc-parser'

/** A small bug that can be planted: the text from `start` to `end` of a file is replaced. */
export interface Bug {
  file: string
  start: number
  end: number
  /** What stands there instead. */
  with: string
  /** The kind of mistake, in two or three words. */
  kind: string
}

interface Node {
  type: string
  start: number
  end: number
  [key: string]: unknown
}

type Planted = Pick<Bug, 'start' | 'end' | 'with' | 'kind'>

/** Every bug that the kinds below find a place for in a source, in order of place. */
export function bugsIn(file: string, source: string): Bug[] {
  const { program, errors } = parseSync(file, source)
  if (errors.length > 0) throw new Error(`${file} cannot be read: ${errors[0]?.message}`)
  const found: Planted[] = []
  walk(program as unknown as Node, (node) => found.push(...bugsOf(node, source)))
  return found.map((bug) => ({ file, ...bug })).sort((a, b) => a.start - b.start || a.end - b.end)
}

function walk(node: Node, visit: (node: Node) => void): void {
  // Types are gone when the tests run.
  if (node.type.startsWith('TS') && !node.type.endsWith('Expression')) return
  visit(node)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

const kinds: Record<string, (node: Node, text: (part: unknown) => string) => Planted[]> = {
  BinaryExpression: (node, text) =>
    operator(node, text, {
      '<': '<=',
      '<=': '<',
      '>': '>=',
      '>=': '>',
      '===': '!==',
      '!==': '===',
      '-': '+',
      '*': '/',
    }),
  LogicalExpression: (node, text) => operator(node, text, { '&&': '||', '||': '&&' }),
  UnaryExpression: (node, text) => (node.operator === '!' ? [at(node, text(node.argument), 'a "not" is lost')] : []),
  ConditionalExpression: (node, text) => [
    at(node, `(${text(node.consequent)})`, 'always the first branch'),
    at(node, `(${text(node.alternate)})`, 'always the second branch'),
  ],
  IfStatement: (node) => [
    at(node.test, 'false', 'a condition never holds'),
    ...(node.alternate ? [at(node.test, 'true', 'a condition always holds')] : []),
  ],
  ExpressionStatement: (node) => (isCall(node.expression) ? [at(node, ';', 'a call is left out')] : []),
  ThrowStatement: (node) => [at(node, ';', 'an error is swallowed')],
  Literal: (node) => literal(node),
  ArrayExpression: (node, text) => leftOut(node.elements, text, 'an element is left out'),
  CallExpression: (node, text) => [...leftOut(node.arguments, text, 'an argument is left out', 4), ...method(node)],
}

function bugsOf(node: Node, source: string): Planted[] {
  const text = (part: unknown) => (isNode(part) ? source.slice(part.start, part.end) : '')
  return kinds[node.type]?.(node, text) ?? []
}

function at(place: unknown, instead: string, kind: string): Planted {
  const { start, end } = place as Node
  return { start, end, with: instead, kind }
}

function operator(node: Node, text: (part: unknown) => string, others: Record<string, string>): Planted[] {
  const other = others[String(node.operator)]
  if (other === undefined) return []
  return [at(node, `${text(node.left)} ${other} ${text(node.right)}`, `${node.operator} becomes ${other}`)]
}

function isCall(expression: unknown): boolean {
  if (!isNode(expression)) return false
  return expression.type === 'CallExpression' || (expression.type === 'AwaitExpression' && isCall(expression.argument))
}

function literal(node: Node): Planted[] {
  if (typeof node.value === 'boolean') return [at(node, String(!node.value), 'true and false')]
  if (node.value === 0 || node.value === 1) return [at(node, String(1 - node.value), 'zero and one')]
  const { regex } = node as { regex?: { pattern: string; flags: string } }
  if (!regex) return []
  const anchors: [RegExp, string][] = [
    [/^\^/, 'no ^'],
    [/\$$/, 'no $'],
  ]
  return anchors
    .filter(([anchor]) => anchor.test(regex.pattern))
    .map(([anchor, kind]) => at(node, `/${regex.pattern.replace(anchor, '')}/${regex.flags}`, kind))
}

function leftOut(parts: unknown, text: (part: unknown) => string, kind: string, least = 2): Planted[] {
  const list = parts as Node[]
  if (list.length < least || list.some((part) => !isNode(part))) return []
  const whole = { start: list[0]?.start, end: list.at(-1)?.end }
  return list.map((_, index) =>
    at(
      whole,
      list
        .filter((__, other) => other !== index)
        .map(text)
        .join(', '),
      kind,
    ),
  )
}

const twins: Record<string, string> = {
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  min: 'max',
  max: 'min',
}

function method(node: Node): Planted[] {
  const { property } = node.callee as { property?: Node & { name?: string } }
  const twin = property && twins[property.name ?? '']
  return twin ? [at(property, twin, `${property.name} becomes ${twin}`)] : []
}
