/**
 * Where a Caddyfile has a site without braces, which reaches to its end, as the number of the site's first line; null where
 * it has none. What is put below such a site would be a part of it.
 */
export function loneSite(content: string): number | null {
  let depth = 0
  let begun: number | null = null
  for (const [index, line] of content.split('\n').entries()) {
    const words = line.replace(/(^|\s)#.*$/, '').trim()
    if (words === '') continue
    const opens = /(^|\s)\{$/.test(words)
    if (depth === 0 && !opens && !/^import\s/.test(words)) {
      begun ??= index
      // The addresses go on in the next line.
      if (!words.endsWith(',')) return begun
    }
    if (opens) {
      depth += 1
      begun = null
    } else if (words === '}') depth -= 1
  }
  return null
}
