import type { OutputOf } from '@ikoma/api'
import { readProgram } from '../host/program-text.ts'
import type { ActionContext } from '../order/action.ts'

type Tools = OutputOf<'runner.selftest'>['tools']

const timeoutMs = 5_000
/** At a time: the machine has other things to do. */
const concurrency = 4

/** How each tool is asked for its version, without effect: `pm2 --version` would start its daemon, `pm2 -v` does not. */
const questions: Record<string, readonly string[]> = {
  node: ['node', '--version'],
  npm: ['npm', '--version'],
  python3: ['python3', '--version'],
  git: ['git', '--version'],
  docker: ['docker', '--version'],
  'docker compose': ['docker', 'compose', 'version'],
  'docker-compose': ['docker-compose', '--version'],
  systemd: ['systemctl', '--version'],
  caddy: ['caddy', 'version'],
  nginx: ['nginx', '-v'],
  psql: ['psql', '--version'],
  'redis-server': ['redis-server', '--version'],
  pm2: ['pm2', '-v'],
  certbot: ['certbot', '--version'],
}

/** Which tools are installed, and which version of each. */
export async function findTools(context: ActionContext): Promise<Tools> {
  const waiting = Object.entries(questions)
  const tools: Tools = Object.fromEntries(waiting.map(([name]) => [name, { found: false, version: null }]))
  const ask = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [name, argv] = next
      const said = await askTool(argv, context)
      const found = said !== null && said.code === 0
      const version = found ? versionIn(said.text) : null
      tools[name] = { found, version }
      context.log(`${name}: ${found ? (version ?? 'found') : 'not found'}`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, ask))
  return tools
}

/** `running`, `degraded`, …; null where systemd does not run. */
export async function systemdState(context: ActionContext): Promise<string | null> {
  const said = await askTool(['systemctl', 'is-system-running'], context)
  const state = said?.text.split('\n')[0]?.trim() ?? ''
  return /^[a-z]{1,30}$/.test(state) && state !== 'offline' ? state : null
}

/** Each has a marker of its own: when one has ended, what is left of it is ended, and that is not its neighbours. */
function askTool(argv: readonly string[], { runner, marker, signal }: ActionContext) {
  return readProgram(
    { argv, cwd: runner.stateDir, env: runner.childEnv, marker: `${marker}.${argv.join(' ')}` },
    { timeoutMs, signal },
  )
}

export function versionIn(text: string): string | null {
  return /\d+(?:\.\d+)+[0-9A-Za-z.+-]*/.exec(text)?.[0] ?? /\b\d+\b/.exec(text)?.[0] ?? null
}
