import { absolutePath, atLeastOne, domainName, httpsUrl, matching, packageName, whole } from '../values/index.ts'

export interface AptSource {
  url: string
  suite: string
  component: string
  /** The only key that this repository is believed for. */
  keyFile: string
}

/** The file `/etc/apt/sources.list.d/name.sources`: sources.list(5), "DEB822-STYLE FORMAT". */
export function renderAptSource({ url, suite, component, keyFile }: AptSource): string {
  return [
    'Types: deb',
    `URIs: ${httpsUrl(url, 'url')}`,
    `Suites: ${word(suite, 'suite')}`,
    `Components: ${word(component, 'component')}`,
    `Signed-By: ${absolutePath(keyFile, 'keyFile')}`,
    '',
  ].join('\n')
}

export interface AptPin {
  packages: readonly string[]
  /** The host that the packages are to come from. */
  origin: string
  /** 500 is what a repository has by itself; from 1001 on, a lower version would replace a higher one. */
  priority: number
}

/** The file `/etc/apt/preferences.d/name`: apt_preferences(5). */
export function renderAptPin({ packages, origin, priority }: AptPin): string {
  return [
    `Package: ${atLeastOne(packages, 'packages', packageName).join(' ')}`,
    `Pin: origin ${domainName(origin, 'origin')}`,
    `Pin-Priority: ${whole(priority, 'priority', 1, 1000)}`,
    '',
  ].join('\n')
}

const word = matching(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'not_a_word', 'is one word of lower-case letters, digits, . and -')
