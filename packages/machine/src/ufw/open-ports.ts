import type { UfwState } from './ufw.ts'

export interface PortRange {
  first: number
  last: number
}

/**
 * Ports that rules open to everybody over TCP. ufw keeps a rule as `allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 in`: action,
 * protocol, ports and address to, ports and address from, the names of profiles if any, and the direction.
 */
export function openPorts({ tuples }: Pick<UfwState, 'tuples'>): PortRange[] {
  return tuples.flat().flatMap((tuple) => {
    const [, protocol = '', ports = ''] = toEverybody.exec(tuple) ?? []
    return protocol === '' ? [] : ports.split(',').map(rangeOf)
  })
}

const any = '(?:0\\.0\\.0\\.0/0|::/0)'
const toEverybody = new RegExp(
  `^(?:allow|limit)(?:_log(?:-all)?)? (tcp|any) (\\S+) ${any} any ${any}(?: \\S+ \\S+)? in(?: comment=\\S*)?$`,
)

function rangeOf(ports: string): PortRange {
  if (ports === 'any') return { first: 1, last: 65_535 }
  const [first = 0, last = first] = ports.split(':').map(Number)
  return { first, last }
}
