import type { Container } from '@ikoma/machine/compose'
import type { SimulatedHost, Tool } from '@ikoma/machine/testing/simulated-host'

interface Docker {
  /** The containers of each project, by its name. */
  containers: Record<string, Container[]>
  networks: Record<string, string[]>
  /** `A=b` of each container, and its ports as Docker tells them, by its id. */
  environments?: Record<string, string[]>
  ports?: Record<string, Record<string, { HostIp: string; HostPort: string }[] | null>>
  /** What any container says in its log, as Docker tells it. */
  logged?: string
  /** The version of the compose program that is installed. */
  version: 1 | 2
}

export const noContainers: Docker = { containers: {}, networks: {}, version: 1 }

export function dockerOf(machine: SimulatedHost): Docker {
  return machine.state.docker as Docker
}

export function containersIn(machine: SimulatedHost, project: string): Container[] {
  return own(dockerOf(machine).containers, project)
}

const own = <T>(record: Record<string, T[]>, name: string) => (Object.hasOwn(record, name) ? (record[name] ?? []) : [])

type Answer = ReturnType<Tool>
type Call = Parameters<Tool>[0]

/** docker(1) and docker-compose(1) over `state.docker`; a service called `crash` is restarted again and again. */
export const composeTools: Record<string, Tool> = {
  docker(call) {
    const [noun = '', verb = ''] = call.args
    if (noun === 'compose')
      return dockerOf(call.machine).version === 2 ? compose(call, call.args.slice(1)) : { code: 1 }
    return dockerVerbs[noun === 'logs' || noun === 'stats' ? noun : `${noun} ${verb}`]?.(call) ?? { code: 1 }
  },
  'docker-compose': (call) => (dockerOf(call.machine).version === 1 ? compose(call, call.args) : { code: 1 }),
  sleep({ machine }) {
    for (const each of Object.values(dockerOf(machine).containers).flat()) {
      if (each.service === 'crash') each.restarts += 1
      if (each.health === 'starting') each.health = 'healthy'
    }
    return {}
  },
}

const operands = ({ args }: Call) => args.slice(args.indexOf('--') + 1)
const projectOf = ({ args }: Call) => /^label=com\.docker\.compose\.project=(.*)$/.exec(args.at(-1) ?? '')?.[1] ?? ''
const listed = (items: readonly string[]): Answer => ({ stdout: items.map((item) => `${item}\n`).join('') })

function named(call: Call): Container[] {
  const wanted = operands(call)
  const all = Object.values(dockerOf(call.machine).containers).flat()
  return all.filter(({ id }) => wanted.includes(id))
}

function setState(call: Call, state: string): Answer {
  for (const each of named(call)) each.state = state
  return {}
}

/** As much of a container as its template asks for. */
function inspected({ args, machine }: Call, each: Container): unknown {
  const { environments = {}, ports = {} } = dockerOf(machine)
  const template = args[args.indexOf('--format') + 1] ?? ''
  if (template.includes('.Config.Env')) return environments[each.id] ?? null
  if (template.includes('.NetworkSettings.Ports')) {
    return { name: `/${each.name}`, network: 'shop_default', ports: ports[each.id] ?? {} }
  }
  if (template.includes('.HostConfig.PortBindings')) return { network: 'shop_default', ports: ports[each.id] ?? {} }
  return { ...each, name: `/${each.name}` }
}

const dockerVerbs: Record<string, (call: Call) => Answer> = {
  'container ls': (call) => {
    const all = Object.values(dockerOf(call.machine).containers).flat()
    const filtered = call.args.includes('--filter')
    return listed((filtered ? containersIn(call.machine, projectOf(call)) : all).map(({ id }) => id))
  },
  'container inspect': (call) => listed(named(call).map((each) => JSON.stringify(inspected(call, each)))),
  'container stop': (call) => setState(call, 'exited'),
  'container start': (call) => setState(call, 'running'),
  'container restart': (call) => setState(call, 'running'),
  'container rm'(call) {
    const gone = operands(call)
    const { containers } = dockerOf(call.machine)
    for (const [project, all] of Object.entries(containers)) {
      const left = all.filter(({ id }) => !gone.includes(id))
      if (left.length > 0) containers[project] = left
      else delete containers[project]
    }
    return {}
  },
  'network ls': (call) => listed(own(dockerOf(call.machine).networks, projectOf(call))),
  'network rm'(call) {
    const gone = operands(call)
    const { networks } = dockerOf(call.machine)
    for (const [project, all] of Object.entries(networks))
      if (all.some((id) => gone.includes(id))) delete networks[project]
    return {}
  },
  logs({ machine }) {
    const { logged } = dockerOf(machine)
    if (logged !== undefined) return { stdout: logged }
    return {
      stdout: '2026-11-21T10:00:00.000000001Z first\n2026-11-21T10:00:02.000000001Z third\n',
      stderr: '2026-11-21T10:00:01.000000001Z second\n',
    }
  },
  stats: (call) =>
    listed(
      named(call).map(({ id }) =>
        JSON.stringify({ ID: id, CPUPerc: '12.50%', MemUsage: '1.5MiB / 2GiB', PIDs: '3', NetIO: '1kB / 0B' }),
      ),
    ),
}

interface Given {
  services: Record<string, { image?: string; labels: Record<string, string>; healthcheck?: object; restart?: string }>
}

function compose({ machine, input }: Call, args: readonly string[]): Answer {
  const of = (option: string) => args[args.indexOf(option) + 1] ?? ''
  if (args.includes('version')) return { stdout: 'docker-compose version' }
  const { services } = JSON.parse(input) as Given
  if (args.includes('config')) return services.broken ? { code: 1, stderr: 'services.broken is not valid' } : {}
  const { containers, networks } = dockerOf(machine)
  const project = of('--project-name')
  networks[project] = [`${project}-network`]
  containers[project] = Object.entries(services).map(([service, given]) => ({
    id: `${project}-${service}-${given.labels['ikoma.revision']}`,
    name: `${project}_${service}_1`,
    project,
    service,
    directory: of('--project-directory'),
    configFiles: '-',
    revision: given.labels['ikoma.revision'] ?? null,
    image: given.image ?? 'built',
    state: 'running',
    exitCode: 0,
    outOfMemory: false,
    restarts: 0,
    startedAt: '2026-11-21T09:00:00Z',
    health: given.healthcheck ? 'starting' : null,
    restartPolicy: given.restart ?? 'no',
  }))
  return {}
}
