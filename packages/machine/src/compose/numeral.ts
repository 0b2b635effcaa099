/**
 * A number as it was written, without quotes. Compose makes texts of most of them (a variable, a label, a tag), and a
 * number of this language would be another text: 812345678901234567, 1.10 and 0440 are not.
 */
export class Numeral {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }

  /** The whole number that compose 2 reads in it; null for fractions and for what cannot be counted exactly. */
  get whole(): number | null {
    const [, sign = '', digits = ''] = /^([-+]?)([\da-fA-Fx_ob]+)$/.exec(this.source) ?? []
    const plain = digits.replaceAll('_', '').replace(/^0(?=[0-7]+$)/, '0o')
    if (!/^(0b[01]+|0o[0-7]+|0x[\da-fA-F]+|0|[1-9]\d*)$/.test(plain)) return null
    const read = Number(BigInt(plain)) * (sign === '-' ? -1 : 1)
    return Number.isSafeInteger(read) ? read : null
  }

  toString(): string {
    return this.source
  }
}

/** As the reader of compose 2 tells them from texts: with `_` between digits, octal by a mere zero. */
export const looksNumeric = new RegExp(
  [
    '^[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$',
    '^[-+]?(\\.[0-9]+|[0-9][0-9_]*(\\.[0-9_]*)?)([eE][-+]?[0-9]+)?$',
    '^[-+]?\\.(inf|Inf|INF)$|^\\.(nan|NaN|NAN)$',
  ].join('|'),
)
