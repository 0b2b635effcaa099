import { matchesGlob, resolve } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import type { CaddyPlaces } from './caddy.ts'

/**
 * `{$NAME}` is replaced by the program that reads a Caddyfile, from its own environment. Caddy's unit may set one, and
 * ours is another: loaded by us, such a file would lose its values.
 */
export async function refuseCaddyEnvironment(host: Host, content: string, { main }: CaddyPlaces): Promise<void> {
  const texts = [content]
  for (const [, pattern = ''] of content.matchAll(/^\s*import\s+(\S+)/gm)) {
    texts.push(...(await readMatching(host, resolve(main, '..', pattern))))
  }
  if (!texts.some((text) => text.includes('{$'))) return
  const told = `${main}, or a file it imports, takes values from Caddy's environment ({$…}), which this order cannot know.`
  throw new AppError('unprocessable', `${told} Write {env.…} there, or the values.`, { reason: 'caddy_environment' })
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
