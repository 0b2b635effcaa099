import { saysSecret } from './secret-name.ts'
import { mergedSpans, type Span, secretSpans } from './secret-spans.ts'
import { isOrdinaryValue } from './secret-value.ts'

export const secretMask = '[REDACTED]'
const maxDepth = 20

/** The text without what looks like a secret. */
export function hideSecrets(text: string): string {
  return hideSpans(text, mergedSpans(secretSpans(text)))
}

/** `spans` in order, apart from one another. */
export function hideSpans(text: string, spans: readonly Span[]): string {
  let shown = ''
  let at = 0
  for (const { hideFrom, to } of spans) {
    shown += text.slice(at, hideFrom) + secretMask
    at = to
  }
  return shown + text.slice(at)
}

/** A JSON value with every text in it hidden by `hide`, names included, and what stands under a secret's name whole. */
export function hideInValue(value: unknown, hide: (text: string) => string = hideSecrets, depth = 0): unknown {
  if (typeof value === 'string') return hide(value)
  if (typeof value !== 'object' || value === null) return value
  // As JSON would have it: a time, an address, bytes.
  if ('toJSON' in value && typeof value.toJSON === 'function') return hideInValue(value.toJSON(), hide, depth + 1)
  if (depth >= maxDepth) return secretMask
  if (Array.isArray(value)) return value.map((item) => hideInValue(item, hide, depth + 1))
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  const named = entries.find(
    ([key, item]) => key.toLowerCase() === 'name' && typeof item === 'string' && saysSecret(item),
  )
  return Object.fromEntries(
    entries.map(([key, item]) => {
      const secret = saysSecret(key) || (named !== undefined && key.toLowerCase() === 'value')
      return [hide(key), secret && isPlainSecret(item) ? secretMask : hideInValue(item, hide, depth + 1)]
    }),
  )
}

function isPlainSecret(item: unknown): boolean {
  return typeof item === 'string' && item !== '' && !isOrdinaryValue(item, true)
}
