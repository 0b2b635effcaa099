/** Where Caddy takes a new configuration when its Caddyfile says nothing of it. */
export const defaultAdmin = 'localhost:2019'

/**
 * Where the Caddy of this Caddyfile takes a new configuration: what its global options say, or Caddy's default. Undefined
 * where only Caddy can tell, because another file may say it.
 */
export function adminAddress(content: string): string | undefined {
  const options = globalOptions(content)
  if (saidElsewhere(content, options)) return undefined
  const [, address = '{'] = options?.find((line) => /^admin\b/.test(line))?.split(/\s+/) ?? []
  return address === '{' ? defaultAdmin : address
}

/**
 * The Caddyfile with its admin endpoint at this socket, where only Caddy's user and root may tell it what to serve: its
 * default is a port that every account of the server can reach. An address that somebody chose stays.
 */
export function withAdminSocket(content: string, socket: string): string {
  const options = globalOptions(content)
  if (saidElsewhere(content, options) || options?.some((line) => /^admin\b/.test(line))) return content
  const line = `\tadmin unix/${socket}\n`
  if (options) return content.replace(beforeGlobalOptions, (opening) => `${opening}${line}`)
  return `{\n${line}}\n${content === '' ? '' : `\n${content}`}`
}

/** The options import a file or are quoted, or what the Caddyfile imports first may begin with them. */
function saidElsewhere(content: string, options: string[] | undefined): boolean {
  if (content.startsWith('\uFEFF')) return true
  if (options) return options.some((line) => /^import\s|^["`]|^admin\b.*["`\\{]\S|^admin\s*\\$/.test(line))
  return /^(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*import\s/.test(content)
}

const beforeGlobalOptions = /^(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*\{[ \t]*(?:#.*)?\r?\n/

/** The lines of the block without a head that may begin a Caddyfile, without those of blocks inside it. */
function globalOptions(content: string): string[] | undefined {
  const [opening] = beforeGlobalOptions.exec(content) ?? []
  if (opening === undefined) return undefined
  const lines: string[] = []
  let depth = 1
  for (const line of content.slice(opening.length).split('\n')) {
    const words = line.replace(/(^|\s)#.*$/, '').trim()
    if (words === '}') depth -= 1
    if (depth === 0) break
    if (depth === 1) lines.push(words)
    if (/(^|\s)\{$/.test(words)) depth += 1
  }
  return lines
}
