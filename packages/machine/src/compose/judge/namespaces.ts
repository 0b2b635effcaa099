import type { Judge } from './inspection.ts'
import { text } from './scalars.ts'

/** `service:db` is a neighbour in this file; `host` and `container:…` are not. */
export const namespace: Judge<string> = (value, field, inspection) => {
  if (value === null || value === '') return undefined
  if (typeof value === 'string' && /^(none|bridge|default|private|shareable|service:[\w-]+)$/.test(value)) return value
  inspection.forbid(field, 'shared_namespace', 'must not be shared with the server or with containers of another app.')
  return text(value, field, inspection)
}

/** With the server's own network, each port that the container opens is one of the server's. */
export const network: Judge<string> = (value, field, inspection) => {
  const read = namespace(value, field, inspection)
  if (read === 'host') {
    inspection.warn(
      field,
      'host_network',
      "is the server's own network: what the container opens is not behind Docker.",
    )
  }
  return read
}
