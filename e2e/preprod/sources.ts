import { cpSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../kit/product.ts'
import { mustRun } from '../vps/program.ts'

/** As they are in the working tree, committed or not. */
export async function copyBlingauto(target: string): Promise<string> {
  const args = [
    'ls-files',
    '-co',
    '--exclude-standard',
    'package.json',
    'package-lock.json',
    '.dockerignore',
    'packages',
    'apps',
  ]
  const files = (await mustRun(['git', '-C', root, ...args])).split('\n').filter(Boolean)
  for (const file of files) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    cpSync(join(root, file), join(target, file))
  }
  return join(target, 'apps/blingauto')
}

/** As `git clone` of the last commit gives them. */
export async function cloneRepository(target: string): Promise<string> {
  await mustRun(['git', 'clone', '--quiet', '--no-hardlinks', root, target])
  return target
}
