import { matchesGlob, resolve } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import type { CaddyPlaces } from './caddy.ts'

/**
 * The variables of the running Caddy that a configuration names as `{env.NAME}`, which are replaced as it is loaded: it can
 * only be judged with them. `{$NAME}` is refused: it is replaced by the program that reads a Caddyfile, from its own
 * environment, and that is ours, now and not at Caddy's next start.
 */
export async function caddyEnvironment(
  host: Host,
  content: string,
  { main }: CaddyPlaces,
): Promise<Record<string, string>> {
  const texts = [content]
  for (const [, pattern = ''] of content.matchAll(/^\s*import\s+(\S+)/gm)) {
    texts.push(...(await readMatching(host, resolve(main, '..', pattern))))
  }
  if (texts.some((text) => text.includes('{$'))) {
    const told = `${main}, or a file it imports, takes values from Caddy's environment ({$…}), which this order cannot know.`
    throw new AppError('unprocessable', `${told} Write {env.…} there, or the values.`, { reason: 'caddy_environment' })
  }
  const named = texts.flatMap((text) =>
    [...text.matchAll(/\{env\.([A-Za-z_][A-Za-z0-9_]*)\}/g)].map(([, name = '']) => name),
  )
  return named.length === 0 ? {} : runningEnvironment(host, new Set(named))
}

/** Empty where Caddy does not run as a service: it then judges without them. */
async function runningEnvironment(host: Host, named: ReadonlySet<string>): Promise<Record<string, string>> {
  const argv = ['systemctl', 'show', '--property=MainPID', '--value', '--', 'caddy.service'] as const
  const pid = Number((await host.run({ argv })).stdout)
  const text = pid > 0 ? await host.read(`/proc/${pid}/environ`) : null
  const pairs = (text ?? '').split('\0').map((pair): [string, string] => {
    const end = pair.indexOf('=')
    return [pair.slice(0, end), pair.slice(end + 1)]
  })
  return Object.fromEntries(pairs.filter(([name]) => named.has(name) && !['PATH', 'HOME'].includes(name)))
}

async function readMatching(host: Host, pattern: string): Promise<string[]> {
  const folder = resolve(pattern, '..')
  const texts: string[] = []
  for (const name of await host.list(folder)) {
    const path = `${folder}/${name}`
    if (!matchesGlob(path, pattern)) continue
    const entry = await host.look(path)
    if (entry?.kind === 'file' || entry?.kind === 'link') texts.push((await host.read(path)) ?? '')
  }
  return texts
}
