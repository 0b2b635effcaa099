import { absolutePath } from '../values/index.ts'

/** The same fstab(5) with this swap file in it, once; what others wrote stays as it is. */
export function withSwapFile(fstab: string, path: string): string {
  const line = `${absolutePath(path, 'path')} none swap sw 0 0`
  const isOurs = (each: string) => each.trim().split(/\s+/)[0] === path
  const lines = fstab.split('\n')
  const first = lines.findIndex(isOurs)
  if (first < 0) return `${fstab}${fstab === '' || fstab.endsWith('\n') ? '' : '\n'}${line}\n`
  return lines.flatMap((each, index) => (index === first ? [line] : isOurs(each) ? [] : [each])).join('\n')
}
