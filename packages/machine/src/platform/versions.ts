import type { WantedPackage } from '../apt/index.ts'

type Wish = NonNullable<WantedPackage['version']>

/** The numbers of a Debian version such as `1:20.11.1-1nodesource1`, before the first that is none. */
function numbersOf(version: string): number[] {
  const [upstream] = /^\d+(\.\d+)*/.exec(version.replace(/^\d+:/, '')) ?? []
  return upstream === undefined ? [] : upstream.split('.').map(Number)
}

export function majorVersion(major: number): Wish {
  return { title: `${major}.x`, accepts: (version) => numbersOf(version)[0] === major }
}

/** Every version is high enough where no lowest is named. */
export function atLeast(lowest: string | undefined): Wish | undefined {
  if (lowest === undefined) return undefined
  const wanted = numbersOf(lowest)
  return { title: `${lowest} or later`, accepts: (version) => !isLower(numbersOf(version), wanted) }
}

function isLower(numbers: readonly number[], wanted: readonly number[]): boolean {
  const at = wanted.findIndex((number, index) => number !== (numbers[index] ?? 0))
  return at >= 0 && (numbers[at] ?? 0) < (wanted[at] ?? 0)
}
