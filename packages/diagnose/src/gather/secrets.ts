/** A value ends with its quotes, which may hold line breaks, or else with the line. */
const assignment =
  /^[ \t]*(?:export[ \t]+)?(?<name>[A-Za-z_]\w*)=(?:"(?<double>(?:[^"\\]|\\[\s\S])*)"[ \t]*(?:#.*)?$|'(?<single>[^']*)'[ \t]*(?:#.*)?$|(?<bare>.*))/gm

/** Variables of an environment file, however it is quoted: to know what must be hidden, not to run anything with. */
export function environmentIn(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { groups = {} } of text.matchAll(assignment)) {
    const { name = '', double, single, bare = '' } = groups
    found[name] = double?.replace(/\\([\\"$`])/g, '$1') ?? single ?? bare.trim()
  }
  return found
}
