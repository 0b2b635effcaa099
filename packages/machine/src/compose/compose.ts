import type { Host } from '../host.ts'
import { mustRun, outputOf } from '../must-run.ts'
import type { ComposeProject } from './project.ts'

export interface Compose {
  version: 1 | 2
  argv: readonly [string, ...string[]]
}

/**
 * This server's own Docker, whatever a file of variables says. In HOME are the credentials of registries, and Docker's
 * programs of its own.
 */
const env = {
  HOME: '/root',
  DOCKER_HOST: 'unix:///var/run/docker.sock',
  DOCKER_CERT_PATH: '',
  DOCKER_TLS_VERIFY: '',
  DOCKER_CONTEXT: '',
}

/** Version 2, which is a part of docker or a program of its own, or version 1; rejects when there is none. */
export async function findCompose(host: Host): Promise<Compose> {
  const second = ['docker', 'compose'] as const
  if ((await host.run({ argv: [...second, 'version'], env })).code === 0) return { version: 2, argv: second }
  const said = await outputOf(host, { argv: ['docker-compose', 'version'], env })
  return { version: /version:? v?[2-9]\d*\./.test(said.split('\n')[0] ?? '') ? 2 : 1, argv: ['docker-compose'] }
}

/** A file that is there on every server, is root's, and has no variable in it: compose would look for `.env` otherwise. */
const noVariables = { 1: '/proc/sys/kernel/ostype', 2: '/dev/null' }

/**
 * Compose gets what was understood of the file, over its standard input: nobody can change it in between, and there is
 * nothing in it that it would read of the app's folder.
 */
export async function compose(host: Host, project: ComposeProject, args: readonly string[]): Promise<void> {
  const { name, directory, content, secrets, compose: tool } = project
  const variables = ['--env-file', noVariables[tool.version]]
  const place = ['--project-name', name, '--project-directory', directory, ...variables, '--file', '-']
  const argv = [...tool.argv, ...place, ...args] as [string, ...string[]]
  // Version 1 writes the folder that it runs in on each container, and we know ours by it; it opens nothing there.
  const cwd = tool.version === 1 ? directory : '/'
  return mustRun(host, { argv, input: content, cwd, env, aloud: true, secrets, timeoutSec: 1800 })
}
