/** A number below `below`, the same ones for the same seed: what failed once fails again. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const pieces = {
  volume: [
    ...[':', ':', ':', '/', '.', '..', './', '../', '~', 'C', 'é', 'data', '/data', './data', '/host', 'ro', 'rw'],
    ...[',', 'z', 'nocopy', 'rshared', '\\', '$$', ' ', '', 'x', '/srv/shop', '/srv/shop/x', '{', '}', '\u2028'],
  ],
  port: [
    ...[':', ':', ':', '-', '/', '80', '8000', '8001', '0', '65536', '127.0.0.1', '0.0.0.0', '[::1]', '::1', '[::]'],
    ...['tcp', 'udp', 'x', '080', '1:22', ' ', '', '443'],
  ],
  environment: [
    'A',
    'B',
    '=',
    '=',
    '$$',
    '$',
    '{',
    '}',
    '"',
    "'",
    '\\',
    ' ',
    '\n',
    '#',
    '\u0085',
    'é',
    '😀',
    '<<',
    ':',
    '',
  ],
}

/** Texts of the pieces that such a one is made of, in any order. */
export function composeTexts(kind: keyof typeof pieces, count: number, seed: number): string[] {
  const number = numbersFrom(seed)
  const all = pieces[kind]
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + number(7) }, () => all[number(all.length)]).join(''),
  )
}
