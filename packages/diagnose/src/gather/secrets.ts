/** Variables of an environment file, however it is quoted: to know what must be hidden, not to run anything with. */
export function environmentIn(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/gm)) {
    found[name] = value.trim().replace(/^(["'])(.*)\1$/, '$2')
  }
  return found
}
