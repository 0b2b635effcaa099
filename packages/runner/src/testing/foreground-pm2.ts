import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Host } from '@ikoma/machine'
import { ask, createPlace } from '@ikoma/machine/testing/tool'
import { onTestFinished } from 'vitest'
import { foregroundMachine } from './foreground-machine.ts'

const version = '7.0.4'

/** PM2 as its owner installs it, kept for the next time: Debian has no package of it. */
function installedPm2(): string {
  const folder = join(homedir(), '.cache/ikoma', `pm2-${version}`)
  const bin = join(folder, 'node_modules/.bin')
  if (!existsSync(join(bin, 'pm2'))) {
    mkdirSync(folder, { recursive: true })
    const quietly = ['--no-audit', '--no-fund', '--loglevel', 'error']
    execFileSync('npm', ['install', '--prefix', folder, ...quietly, `pm2@${version}`], { stdio: 'inherit' })
  }
  return bin
}

/**
 * A real PM2 of the account `app`, whose home is a folder of this test. The minute of a cron goes by in two seconds, and
 * the time in which a run counts as just begun in one.
 */
export async function startForegroundPm2() {
  const place = createPlace()
  const here = (text: string) => text.replaceAll('/etc/pm2', `${place}/etc/pm2`)
  const variables = [`HOME=${place}`, `PM2_HOME=${place}/.pm2`, 'PM2_DISABLE_VERSION_CHECK=true']
  const path = `PATH=${installedPm2()}:${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`
  const pm2 = (...args: string[]) => ask(['env', '-i', ...variables, path, 'pm2', ...args], place)
  await pm2('ping')
  onTestFinished(async () => void (await pm2('kill')))
  const machine = await foregroundMachine({
    runuser: (args) => ({
      argv: [
        'env',
        ...args
          .slice(4)
          .map(here)
          .map((word) => word.replace(/^PATH=.*/, path)),
      ],
    }),
    systemctl: () => ({ stdout: 'LoadState=loaded\nActiveState=active\nMemoryMax=infinity\nNRestarts=0\n' }),
    getent: (args) => ({ stdout: `${args.at(-1)}:x:999:999:IKOMA:${place}:/usr/sbin/nologin\n` }),
    id: (args) => ({ stdout: args.includes('--user') ? '999\n' : 'app\n' }),
  })
  const hurried = (content: string) =>
    here(content).replace('"cron_restart": "* * * * *"', '"cron_restart": "*/2 * * * * *"').replace('"10"', '"1"')
  const moved: Host = {
    ...machine,
    read: (file) => machine.read(here(file)),
    readFile: (file) => machine.readFile(here(file)),
    readAs: (file) => machine.read(file),
    look: (file) => machine.look(here(file)),
    write: (file, { content, ...access }) => machine.write(here(file), { content: hurried(content), ...access }),
    makeDirectory: (file, access) => machine.makeDirectory(here(file), access),
    remove: (file) => machine.remove(here(file)),
  }
  return { place, machine: moved, pm2 }
}
