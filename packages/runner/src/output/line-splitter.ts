/** Cuts text into lines of at most `maxLength`; longer ones go on in the next. */
export class LineSplitter {
  readonly #maxLength: number
  #rest = ''

  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  push(text: string): string[] {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    const whole = lines.flatMap((line) => pieces(line.replace(/\r$/, ''), this.#maxLength))
    const begun = pieces(this.#rest, this.#maxLength)
    this.#rest = begun.pop() ?? ''
    return [...whole, ...begun]
  }

  end(): string[] {
    const rest = this.#rest
    this.#rest = ''
    return rest === '' ? [] : [rest]
  }
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
