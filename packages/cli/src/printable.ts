import { stripVTControlCharacters } from 'node:util'

/** C0 and C1 controls, and the marks that reorder text: a name must not be able to repaint the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** One line of `text` that a terminal shows and never obeys. Tabs and line ends become spaces. */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r?\n|\t/g, ' ')
    .replace(unprintable, '')
}

/** JSON may hold C1 controls and reordering marks as they are; some terminals obey them. */
export function printableJson(value: unknown): string {
  return printableJsonText(JSON.stringify(value, null, 2))
}

/** JSON that came as text, with all that a terminal might obey escaped, but for the line end: no string holds one. */
export function printableJsonText(json: string): string {
  return json.replace(unprintable, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
