import { isDeepStrictEqual } from 'node:util'
import type { OrderTypeResource } from '@ikoma/api'
import type { Context } from '../../command-context.ts'
import { shellQuote } from '../../shell-quote.ts'
import { isObject, readPayload } from './payload.ts'

/** A name and a value that nothing would be done to on the way through a terminal. */
const plainPair = /^[A-Za-z]\w*=\P{C}*$/u

/** A line to paste that places the order type's own example; null where it has none. */
export async function exampleCommand(
  { type, risk, payloadSchema, ...more }: OrderTypeResource & { example?: unknown },
  context: Pick<Context, 'io' | 't' | 'language'>,
): Promise<string | null> {
  const { example } = more
  if (!isObject(example)) return null
  const pairs = Object.entries(example).map(([key, value]) => `${key}=${value}`)
  const isPlain = pairs.every((pair) => plainPair.test(pair)) && !Object.values(example).some(isNested)
  // Pairs are easier to change, but not every text comes back as it was.
  const asPairs = isPlain && isDeepStrictEqual(await readPayload({ set: pairs }, payloadSchema, context), example)
  const payload = asPairs ? pairs.flatMap((pair) => ['--set', pair]) : ['--payload', JSON.stringify(example)]
  const confirm = risk === 'destructive' ? ['--confirm', type] : []
  return ['ikoma', 'order', 'create', type, ...payload, ...confirm].map(shellQuote).join(' ')
}

function isNested(value: unknown): boolean {
  return typeof value === 'object'
}
