import { describe, expect, it } from 'vitest'
import { printable, printableJson } from './printable.ts'

describe('printable text', () => {
  it.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['cursor movement', 'a\u001b[2J\u001b[1;1Hb', 'ab'],
    ['a window title', '\u001b]0;owned\u0007name', 'name'],
    ['a lone escape', 'a\u001bb', 'ab'],
    ['C1 controls', 'a\u009b2Jb\u0085', 'ab'],
    ['carriage returns that overwrite a line', 'evil\rgood', 'evilgood'],
    ['reordering marks', 'user\u202egnp.exe', 'usergnp.exe'],
    ['line ends', 'one\ntwo\r\nthree', 'one two three'],
    ['nothing of ordinary text', 'déjà vu — 日本 🎉', 'déjà vu — 日本 🎉'],
  ])('loses %s', (_what, text, expected) => {
    expect(printable(text)).toBe(expected)
  })

  it('keeps JSON equal while no raw control character is left in it', () => {
    const value = { name: '\u001b[31m\u009b2J\u202e' }
    const text = printableJson(value)
    expect(JSON.parse(text)).toEqual(value)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for
    expect(text).not.toMatch(/[\u0000-\u0009\u001b\u007f-\u009f\u202e]/)
  })
})
