export type Cell = string | number | null

/** One line of RFC 4180. What people wrote and a spreadsheet would run as a formula is kept as text by an apostrophe. */
export function csvLine(cells: readonly Cell[], separator: ',' | ';'): string {
  return `${cells.map((cell) => quoted(shown(cell), separator)).join(separator)}\r\n`
}

function shown(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  // Spreadsheets also take the full-width signs for formulas, and what follows a blank (OWASP, CSV Injection).
  return /^\s*[=+\-@＝＋－＠|%]/u.test(cell) || /^[\t\r\n]/.test(cell) ? `'${cell}` : cell
}

function quoted(text: string, separator: string): string {
  return text.includes(separator) || /["\r\n,;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
