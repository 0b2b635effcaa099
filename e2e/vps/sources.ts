import { installedNode, type Vps } from './vps.ts'

/** What the runner makes is its own alone, until it says otherwise. */
const program = `
  const { chmodSync, writeFileSync } = require('node:fs')
  for (const [name, content] of Object.entries(JSON.parse(process.argv[1]))) {
    writeFileSync(name, content)
    chmodSync(name, 0o644)
  }
`

/** Files of an app where its checkout is, put there by orders; gives the folder. It takes the scopes `system` and `shell`. */
export async function putSources({ done }: Vps, app: string, files: Record<string, string>): Promise<string> {
  const folder = `/var/lib/ikoma/${app}`
  await done('system.directory.apply', { path: folder, owner: 'ikoma', group: 'ikoma' })
  await done('shell.run', { argv: [installedNode, '--eval', program, JSON.stringify(files)], cwd: folder })
  return folder
}
