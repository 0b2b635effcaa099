import type { Container, Docker } from '../evidence.ts'
import { linesOf, type RawLine } from './logs.ts'
import type { Look } from './look.ts'

const maxContainers = 20
const workingDirectory = 'com.docker.compose.project.working_dir'

/** Only names, states and counts are asked for: what else Docker tells of a container holds its environment. */
const format = [
  '{{json .Name}}',
  '{{json (index .Config.Labels "com.docker.compose.service")}}',
  '{{json .State.Status}}',
  '{{json .State.ExitCode}}',
  '{{json .State.OOMKilled}}',
  '{{json .RestartCount}}',
  '{{if .State.Health}}{{json .State.Health.Status}}{{else}}null{{end}}',
  '{{json .State.StartedAt}}',
  '{{json (index .Config.Labels "com.docker.compose.project")}}',
].join(',')

interface SeenContainer extends Container {
  id: string
  project: string | null
  startedAt: string
}

export interface SeenDocker {
  docker: Docker
  logs: RawLine[]
}

/** The containers of the compose project in a folder, whichever version of compose made them. */
export async function seeContainers(look: Look, folder: string, sinceMin: number): Promise<SeenDocker | null> {
  return look.at('containers', null, async () => {
    const listing = ['--all', '--quiet', '--no-trunc', '--filter', `label=${workingDirectory}=${folder}`]
    const { code, stdout, stderr } = await look.run(['docker', 'ps', ...listing])
    if (code !== 0) {
      const said = stderr.trim().split('\n')[0] ?? ''
      return { docker: { running: false, said }, logs: [] }
    }
    const ids = stdout.split('\n').filter((id) => /^[0-9a-f]{12,64}$/.test(id))
    const containers = await inspect(look, ids.slice(0, maxContainers))
    const logs: RawLine[] = []
    for (const container of containers) logs.push(...(await logsOf(look, container, sinceMin)))
    const project = containers[0]?.project ?? null
    return { docker: { running: true, project, containers: containers.map(shown) }, logs }
  })
}

async function inspect(look: Look, ids: readonly string[]): Promise<SeenContainer[]> {
  if (ids.length === 0) return []
  const said = await look.ask(['docker', 'inspect', '--format', `[${format}]`, '--', ...ids])
  const lines = said.split('\n').filter((line) => line !== '')
  return lines.flatMap((line, index) => parseContainer(line, ids[index] ?? ''))
}

type Fields = [string, string | null, string, number, boolean, number, string | null, string, string | null]

function parseContainer(line: string, id: string): SeenContainer[] {
  const fields = JSON.parse(line) as Fields
  const [name, service, status, exitCode, outOfMemory, restarts, health, startedAt, project] = fields
  const short = name.replace(/^\//, '')
  const state = { status, exitCode, outOfMemory, restarts, health }
  return [{ id, project, name: short, service: service || short, ...state, startedAt }]
}

function shown({ id, project, startedAt, ...container }: SeenContainer): Container {
  return container
}

/** What it said since it was last started, when it is still up. */
async function logsOf(
  look: Look,
  { id, service, status, startedAt }: SeenContainer,
  sinceMin: number,
): Promise<RawLine[]> {
  return look.at(`log of ${service}`, [], async () => {
    const range = ['--timestamps', '--tail', '100', '--since', status === 'running' ? startedAt : `${sinceMin}m`]
    const { stdout, stderr } = await look.run(['docker', 'logs', ...range, id])
    const lines = linesOf(`${stdout}\n${stderr}`, `container ${service}`)
    return lines
      .map((line) => ({ ...line, text: line.text.replace(/^\S+Z /, '') }))
      .sort((a, b) => (b.at ?? 0) - (a.at ?? 0))
  })
}
