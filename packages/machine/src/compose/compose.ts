import type { Host } from '../host.ts'
import { mustRun, outputOf } from '../must-run.ts'
import type { ComposeProject } from './project.ts'

type Tool = readonly [string, ...string[]]

/** Version 2, which is a part of docker, or version 1; rejects when there is neither. */
async function findCompose(host: Host): Promise<Tool> {
  const second: Tool = ['docker', 'compose']
  if ((await host.run({ argv: [...second, 'version'] })).code === 0) return second
  const first: Tool = ['docker-compose']
  await outputOf(host, { argv: [...first, 'version'] })
  return first
}

/** Version 1 takes what is not set here from the app's file of variables, which may name another Docker. */
const ownDocker = {
  DOCKER_HOST: 'unix:///var/run/docker.sock',
  DOCKER_CERT_PATH: '',
  DOCKER_TLS_VERIFY: '',
  DOCKER_CONTEXT: '',
}

/**
 * Compose gets the file that was inspected, over its standard input: nobody can change it in between. As JSON, which is
 * YAML that its parser cannot read in another way than ours.
 */
export async function compose(host: Host, project: ComposeProject, args: readonly string[]): Promise<void> {
  const { name, directory, variablesPath, content } = project
  const variables = variablesPath === null ? [] : ['--env-file', variablesPath]
  const place = ['--project-name', name, '--project-directory', directory, ...variables, '--file', '-']
  const [program, ...words] = await findCompose(host)
  const argv = [program, ...words, ...place, ...args] as const
  // Not aloud: it prints values of the app's variables, which nobody could hide. Version 1 looks for files from where it runs. In HOME are the credentials of registries.
  const around = { cwd: directory, env: { HOME: '/root', ...ownDocker }, timeoutSec: 1800 }
  return mustRun(host, { argv, input: content, ...around })
}
