import { randomBytes } from 'node:crypto'
import { until } from '../kit/until.ts'
import type { Docker } from './docker.ts'
import { ownerLabel } from './leftovers.ts'
import type { Ended, ProgramOptions } from './program.ts'
import { telling } from './tell.ts'

export interface Host {
  /** Where this machine reaches it. */
  address: string
  /** Where it reaches this machine. */
  gateway: string
  /** Runs a program in it as root, to look. What changes the host is an order, what the README has typed, or a planted fault. */
  look(argv: readonly [string, ...string[]], options?: ProgramOptions): Promise<Ended>
  /** What `look` wrote; rejects when the program fails. */
  see(argv: readonly [string, ...string[]], options?: ProgramOptions): Promise<string>
  /** Somebody who has taken over an account of the host. */
  runAs(user: string, argv: readonly [string, ...string[]], options?: ProgramOptions): Promise<Ended>
  copyIn(from: string, to: string): Promise<void>
  /** Everything ends, and begins again with what is on its disk. */
  reboot(): Promise<void>
  stop(): Promise<void>
}

export interface HostOptions {
  image: string
  /** Names by which it knows this machine. */
  names?: readonly string[]
}

/**
 * As far as root of a server goes: systemd must mount for what units ask, ufw set rules, and ss see who listens. Neither
 * seccomp nor AppArmor of Docker lets it.
 */
const rights = [
  ...['--cap-add', 'SYS_ADMIN', '--cap-add', 'NET_ADMIN', '--cap-add', 'SYS_PTRACE'],
  ...['--sysctl', 'net.ipv4.ip_unprivileged_port_start=1024'],
  ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
  ...['--tmpfs', '/run', '--tmpfs', '/run/lock', '--tmpfs', '/tmp:exec'],
  // systemd does not take Docker's SIGTERM for an order to shut down.
  ...['--stop-signal', 'SIGRTMIN+3'],
  ...['--cgroupns', 'host', '--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw'],
]

/** A Debian host whose first process is systemd, once it has come up. */
export async function startHost(docker: Docker, { image, names = [] }: HostOptions): Promise<Host> {
  const name = `ikoma-vps-${randomBytes(4).toString('hex')}`
  const owner = ['--label', `${ownerLabel}=${process.pid}`]
  const host = hostIn(docker, name)
  try {
    // Not Docker's own bridge, which any other daemon of this machine may take away.
    await docker.must(['network', 'create', ...owner, name])
    const gateway = await inspect(docker, ['network', 'inspect', name], '{{(index .IPAM.Config 0).Gateway}}')
    const known = names.flatMap((of) => ['--add-host', `${of}:${gateway}`])
    const identity = [...owner, '--name', name, '--network', name, '--hostname', 'vps', '--env', 'container=docker']
    await telling(`boot the host ${name}`, async () => {
      await docker.must(['run', '--detach', ...identity, ...known, ...rights, image, '/lib/systemd/systemd'])
      await cameUp(host)
    })
    const address = await inspect(docker, ['inspect', name], '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}')
    return { ...host, address, gateway }
  } catch (error) {
    await host.stop()
    throw error
  }
}

async function inspect(docker: Docker, args: readonly string[], format: string): Promise<string> {
  return (await docker.must([...args, '--format', format])).trim()
}

/** Before systemd listens nothing can be asked; then the question waits until the last job is done. */
async function cameUp({ look }: Pick<Host, 'look'>): Promise<void> {
  const state = await until('systemd to come up', async () => {
    const { stdout } = await look(['systemctl', 'is-system-running', '--wait'])
    return ['', 'offline'].includes(stdout.trim()) ? null : stdout.trim()
  })
  if (state === 'running') return
  const { stdout } = await look(['systemctl', '--failed', '--no-pager'])
  throw new Error(`The host is ${state}:\n${stdout}`)
}

function hostIn(docker: Docker, name: string): Omit<Host, 'address' | 'gateway'> {
  const look: Host['look'] = (argv, options) => docker.run(['exec', '--interactive', name, ...argv], options)
  return {
    look,
    see: (argv, options) => docker.must(['exec', '--interactive', name, ...argv], options),
    runAs: (user, argv, options) => docker.run(['exec', '--interactive', '--user', user, name, ...argv], options),
    async copyIn(from, to) {
      await docker.must(['cp', from, `${name}:${to}`])
    },
    reboot: () =>
      telling('boot it again', async () => {
        await docker.must(['restart', '--time', '30', name])
        await cameUp({ look })
      }),
    async stop() {
      await docker.run(['rm', '--force', '--volumes', name])
      await docker.run(['network', 'rm', name])
    },
  }
}
