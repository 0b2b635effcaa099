const maxLines = 12
const maxLineCharacters = 300

/** Why something failed, as it said itself: its last lines, and where there are more. */
export function withLastWords(lines: readonly string[], where: string): string {
  const told = lines.slice(-maxLines).map((line) => line.slice(0, maxLineCharacters))
  const words = told.filter((line) => line.trim() !== '')
  return words.length === 0 ? `Its log says why: ${where}` : `It said:\n${words.join('\n')}\nMore: ${where}`
}
