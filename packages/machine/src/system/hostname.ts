import type { Host } from '../host.ts'
import { mustRun, outputOf } from '../must-run.ts'
import type { Change, Desired } from '../plan.ts'
import { file } from './file.ts'

const byRoot = { mode: 0o644, owner: 'root', group: 'root' }
const cloudInit = '/etc/cloud/cloud.cfg.d'

/** What the machine calls itself, now and after a boot. It finds itself under that name, and cloud-init leaves it. */
export function hostname(name: string): Desired {
  return async (host) => {
    const hosts = withHostname((await host.read('/etc/hosts')) ?? '', name)
    const atBoot = file({ path: '/etc/hostname', content: `${name}\n`, ...byRoot })
    const ownAddress = file({ path: '/etc/hosts', content: hosts, ...byRoot })
    const kept = file({ path: `${cloudInit}/99-ikoma-hostname.cfg`, content: 'preserve_hostname: true\n', ...byRoot })
    const keeps = (await host.look(cloudInit)) === null ? [] : await kept(host)
    return [...keeps, ...(await ownAddress(host)), ...(await atBoot(host)), ...(await nowCalled(host, name))]
  }
}

async function nowCalled(host: Host, name: string): Promise<Change[]> {
  // Asked of systemd: the executor has a name of its own that it cannot change, and does not see the server's change.
  const before = (await outputOf(host, { argv: ['hostnamectl', '--transient', 'status'] })).trim()
  if (before === name) return []
  const call = (each: string) => (on: Host) => mustRun(on, { argv: ['hostnamectl', 'set-hostname', '--', each] })
  return [{ title: `call the server ${name}`, diff: `-${before}\n+${name}`, apply: call(name), undo: call(before) }]
}

/**
 * The same hosts(5) with the machine's own name at 127.0.1.1, once, as Debian has it for a machine without a fixed address:
 * https://www.debian.org/doc/manuals/debian-reference/ch05.en.html#_the_hostname_resolution
 */
function withHostname(hosts: string, name: string): string {
  const [short = name] = name.split('.')
  const line = `127.0.1.1\t${short === name ? name : `${name} ${short}`}`
  const isOwn = (each: string) => /^\s*127\.0\.1\.1\s/.test(each)
  const lines = hosts.split('\n')
  const first = lines.findIndex(isOwn)
  if (first < 0) return `${hosts}${hosts === '' || hosts.endsWith('\n') ? '' : '\n'}${line}\n`
  return lines.flatMap((each, index) => (index === first ? [line] : isOwn(each) ? [] : [each])).join('\n')
}
