import { fileURLToPath } from 'node:url'
import { ownAccount } from '@ikoma/machine/system'
import type { BackupProgram } from './ask.ts'

/** Our program for databases, run by the Node.js that runs us. */
export async function localProgram(): Promise<BackupProgram> {
  return {
    argv: [process.execPath, '--disable-warning=ExperimentalWarning', entry()],
    self: await ownAccount(),
  }
}

/** The program's file: bundled, it lies beside the part that we are in. */
function entry(): string {
  const here = import.meta.url
  return fileURLToPath(new URL(here.endsWith('.ts') ? './main.ts' : './backup-program.mjs', here))
}
