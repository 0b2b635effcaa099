import Table from 'cli-table3'
import pc from 'picocolors'
import type { Io, Sink } from './io.ts'
import { printable, printableJson } from './printable.ts'

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan'

/** Text to print; what it holds is made printable first, so that a style is the only thing a terminal obeys. */
export type Part = string | { text: string; style: Style }

const longestCell = 60
const margin = '    '

export interface Output {
  json: boolean
  /** Words for a person, on stderr: stdout is for data. */
  note(...parts: Part[]): void
  /** One line of data. */
  line(...parts: Part[]): void
  /** Each row may have lines of its own below it; a screen that is narrow breaks them between words. */
  table(head: string[], rows: Part[][], below?: string[][]): void
  /** Names and values, one pair a line. Pairs without a value are left out. */
  fields(pairs: [name: string, value: Part | null][]): void
  /** The whole answer: `value` as JSON when that was asked for, otherwise what `human` prints. */
  answer(value: unknown, human: () => void): void
}

export function createOutput(io: Io, json: boolean): Output {
  const output: Output = {
    json,
    note: (...parts) => writeLine(io.stderr, io, parts),
    line: (...parts) => writeLine(io.stdout, io, parts),
    table: (head, rows, below = []) => {
      const heading = head.map((text): Part => ({ text: text.toUpperCase(), style: 'dim' }))
      const lines = layOut([heading, ...rows], io)
      const indented = lines.map((line, index) => [
        line,
        ...(below[index - 1] ?? []).flatMap((text) => indent(text, io)),
      ])
      io.stdout.write(`${indented.flat().join('\n')}\n`)
    },
    fields: (pairs) => {
      const rows = pairs.flatMap(([name, value]): Part[][] =>
        value === null ? [] : [[{ text: name, style: 'dim' }, value]],
      )
      if (rows.length > 0) io.stdout.write(`${layOut(rows, io, Number.POSITIVE_INFINITY).join('\n')}\n`)
    },
    answer: (value, human) => {
      if (json) io.stdout.write(`${printableJson(value)}\n`)
      else human()
    },
  }
  return output
}

function writeLine(sink: Sink, io: Io, parts: Part[]): void {
  sink.write(`${parts.map((part) => paint(part, sink, io)).join('')}\n`)
}

function paint(part: Part, sink: Sink, io: Io): string {
  if (typeof part === 'string') return printable(part)
  const text = printable(part.text)
  return pc.createColors(sink.isTty && !io.env.NO_COLOR && io.env.TERM !== 'dumb')[part.style](text)
}

const noBorders = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((name) => [name, '']),
)

/** One line a row. */
function layOut(rows: Part[][], io: Io, longest = longestCell): string[] {
  const table = new Table({
    chars: noBorders,
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [], compact: true },
  })
  // Only a person's screen is narrow: data for a program is never cut.
  const cell = (part: Part) => paint(io.stdout.isTty ? shorten(part, longest) : part, io.stdout, io)
  table.push(...rows.map((row) => row.map(cell)))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
}

/** Lines of whole words, as wide as the screen. */
function indent(text: string, io: Io): string[] {
  const width = Math.max((io.stdout.columns ?? Number.POSITIVE_INFINITY) - margin.length, 20)
  const lines: string[] = []
  for (const word of printable(text).split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.map((line) => paint({ text: `${margin}${line}`, style: 'dim' }, io.stdout, io))
}

function shorten(part: Part, longest: number): Part {
  const cut = (text: string) => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text)
  return typeof part === 'string' ? cut(part) : { ...part, text: cut(part.text) }
}
