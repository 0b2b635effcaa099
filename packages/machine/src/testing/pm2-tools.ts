import type { SimulatedHost, Tool } from '@ikoma/machine/testing/simulated-host'

export interface SimulatedProcess {
  name: string
  revision: string
  status: string
  restarts: number
}

export function pm2Of(machine: SimulatedHost): SimulatedProcess[] {
  return machine.state.pm2 as SimulatedProcess[]
}

type Answer = ReturnType<Tool>

/** runuser(1) with pm2 and tail behind it, over `state.pm2`; a process called `crash` is restarted again and again. */
export const pm2Tools: Record<string, Tool> = {
  runuser({ args, machine }) {
    const command = args.slice(args.indexOf('-i') + 1).filter((word) => !/^[A-Z_0-9]+=/.test(word))
    const [program, verb = '', ...rest] = command
    if (program === 'tail') return { stdout: 'one\ntwo\n' }
    if (program === 'chmod') return {}
    return verbs[verb]?.(machine, rest) ?? { code: 1, stderr: `pm2 does not know ${verb}` }
  },
}

/** What the kernel shows of a PM2 that waits for questions, beside a socket of somebody else. */
export const pm2Listens = (home: string) => ({
  '/proc/net/unix': `Num       RefCount Protocol Flags    Type St Inode Path
00000000d9422261: 00000002 00000000 00010000 0001 01    61 /run/systemd/private
00000000d942226e: 00000002 00000000 00010000 0001 01 29604 ${home}/.pm2/rpc.sock
`,
})

export function pm2Sleeps(machine: SimulatedHost): void {
  for (const each of pm2Of(machine)) if (each.name === 'crash') each.restarts += 1
}

const verbs: Record<string, (machine: SimulatedHost, rest: readonly string[]) => Answer> = {
  jlist: (machine) => ({ stdout: JSON.stringify(pm2Of(machine).map(told)) }),
  start(machine, [path = '', , only]) {
    const text = machine.contentOf(path) ?? ''
    const { apps } = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as Ecosystem
    for (const { name, env } of apps.filter((each) => only === undefined || each.name === only)) {
      pm2Of(machine).push({ name, revision: env.IKOMA_REVISION ?? '', status: 'online', restarts: 0 })
    }
    return {}
  },
  stop: (machine, [name]) => setStatus(machine, name, 'stopped'),
  restart: (machine, [name]) => setStatus(machine, name, 'online'),
  delete(machine, [name]) {
    machine.state.pm2 = pm2Of(machine).filter((each) => name !== 'all' && each.name !== name)
    return {}
  },
  save(machine) {
    machine.put('/srv/app/.pm2/dump.pm2', dumpOf(pm2Of(machine)))
    return {}
  },
}

interface Ecosystem {
  apps: { name: string; env: Record<string, string> }[]
}

const told = ({ name, revision, status, restarts }: SimulatedProcess) => ({
  name,
  pid: status === 'online' ? 77 : 0,
  monit: { cpu: 1.5, memory: 4096 },
  pm2_env: {
    ...{ status, restart_time: restarts, pm_uptime: 1_795_278_001_000, env: { IKOMA_REVISION: revision, TOKEN: 'x' } },
    ...{ pm_out_log_path: '/srv/app/out.log', pm_err_log_path: '/srv/app/error.log' },
  },
})

export const dumpOf = (processes: readonly SimulatedProcess[]) =>
  JSON.stringify(processes.map(({ name, revision }) => ({ name, env: { IKOMA_REVISION: revision } })))

function setStatus(machine: SimulatedHost, name: string | undefined, status: string): Answer {
  for (const each of pm2Of(machine)) if (each.name === name) each.status = status
  return {}
}
