import type { Look } from './look.ts'

const states: Readonly<Record<string, string>> = { H: 'half-installed', U: 'unpacked', F: 'half-configured' }

/** What dpkg has begun with packages and not finished; nothing on a machine without it. */
export async function seeUnfinishedPackages(look: Look): Promise<string[]> {
  return look.at('packages', [], async () => {
    // Its second letter is the state, in capitals where something is left to do.
    const format = '--showformat=$' + '{db:Status-Abbrev} $' + '{binary:Package}\\n'
    const { code, stdout } = await look.host.run({ argv: ['dpkg-query', '--show', format] })
    if (code !== 0) return []
    return stdout.split('\n').flatMap((line) => {
      const [, letter = '', name = ''] = /^.([HUF]).? *(\S+)$/.exec(line) ?? []
      return letter === '' ? [] : [`${states[letter]} ${name}`]
    })
  })
}
