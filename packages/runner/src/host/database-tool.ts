import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { DatabaseTool } from '@ikoma/machine/drivers'
import { readAccounts } from './accounts.ts'

/** Our program for databases, run by the Node.js that runs us. */
export async function databaseTool(): Promise<DatabaseTool> {
  const { uid, gid } = userInfo()
  const accounts = await readAccounts()
  return {
    argv: [process.execPath, '--disable-warning=ExperimentalWarning', entry()],
    self: { owner: accounts.userOf(uid), group: accounts.groupOf(gid) },
  }
}

/** Bundled, it lies beside the part that we are in. */
function entry(): string {
  const here = import.meta.url
  return fileURLToPath(new URL(here.endsWith('.ts') ? '../database-tool/main.ts' : './database-tool.mjs', here))
}
