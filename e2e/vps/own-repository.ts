import { createHash } from 'node:crypto'
import type { Host } from './host.ts'

export interface OwnPackage {
  name: string
  version: string
  /** A shell script that runs when it is installed. */
  postinst?: string
}

/** A repository of Debian packages in a folder of the host itself, for what no mirror has. */
export function ownRepository({ see }: Host, folder: string) {
  const put = (path: string, text: string) => see(['tee', path], { input: text })
  const fileOf = ({ name, version }: OwnPackage) => `${name}_${version}.deb`

  /** Gives the path of the package. */
  async function build(one: OwnPackage): Promise<string> {
    const tree = `${folder}/tree-${one.name}-${one.version}`
    await see(['mkdir', '--parents', `${tree}/DEBIAN`])
    await put(`${tree}/DEBIAN/control`, described(one))
    if (one.postinst !== undefined) {
      await put(`${tree}/DEBIAN/postinst`, one.postinst)
      await see(['chmod', '755', `${tree}/DEBIAN/postinst`])
    }
    await see(['dpkg-deb', '--build', '--root-owner-group', tree, `${folder}/${fileOf(one)}`])
    return `${folder}/${fileOf(one)}`
  }

  /** Has apt know of the package; `origin` are lines of the repository's Release file. */
  async function offer(one: OwnPackage, origin: readonly string[] = []): Promise<void> {
    const path = await build(one)
    const [sum] = (await see(['sha256sum', path])).split(' ')
    const size = await see(['stat', '--format', '%s', path])
    const index = `${described(one)}Filename: ./${fileOf(one)}\nSize: ${size.trim()}\nSHA256: ${sum}\n`
    await put(`${folder}/Packages`, index)
    const digest = createHash('sha256').update(index).digest('hex')
    const release = [...origin, `Date: ${new Date().toUTCString()}`, 'SHA256:', ` ${digest} ${index.length} Packages\n`]
    await put(`${folder}/Release`, release.join('\n'))
    await put(`/etc/apt/sources.list.d/${one.name}.list`, `deb [trusted=yes] file:${folder} ./\n`)
  }

  return { build, offer }
}

function described({ name, version }: OwnPackage): string {
  return [
    `Package: ${name}`,
    `Version: ${version}`,
    'Architecture: all',
    'Maintainer: IKOMA <ikoma@example.com>',
    'Description: nothing\n',
  ].join('\n')
}
