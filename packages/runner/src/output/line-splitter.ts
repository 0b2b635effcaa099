import { framesOf } from '@ikoma/kernel'

/** Cuts text into lines of at most `maxLength`; longer ones go on in the next. A line that is written over is its last state. */
export class LineSplitter {
  readonly #maxLength: number
  #rest = ''

  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  push(text: string): string[] {
    const lines = (this.#rest + text).split('\n')
    const { told, left } = unfinished(lines.pop() ?? '')
    const whole = lines.flatMap((line) => this.#cut(line))
    const begun = pieces(left, this.#maxLength)
    this.#rest = begun.pop() ?? ''
    return [...whole, ...told.flatMap((frame) => pieces(frame, this.#maxLength)), ...begun]
  }

  end(): string[] {
    const rest = this.#rest
    this.#rest = ''
    return rest === '' ? [] : this.#cut(rest)
  }

  #cut(line: string): string[] {
    return framesOf(line).flatMap((frame) => pieces(frame, this.#maxLength))
  }
}

/** Of a line that goes on: what can be told, and its last two states, of which one may still write over the other. */
function unfinished(line: string): { told: string[]; left: string } {
  const open = line.lastIndexOf('\r')
  if (open < 0) return { told: [], left: line }
  const told = framesOf(line.slice(0, open))
  return { told: told.slice(0, -1), left: `${told.at(-1) ?? ''}${line.slice(open)}` }
}

function pieces(line: string, maxLength: number): string[] {
  const cut: string[] = []
  let rest = line
  while (rest.length > maxLength) {
    // Not between the two halves of one character.
    const end = isHighSurrogate(rest.charCodeAt(maxLength - 1)) ? maxLength - 1 : maxLength
    cut.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  cut.push(rest)
  return cut
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
