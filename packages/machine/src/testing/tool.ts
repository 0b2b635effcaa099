import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** Debian packages of the tools. */
const packages: Record<string, string> = {
  'systemd-analyze': 'systemd',
  caddy: 'caddy',
  nginx: 'nginx-light',
  'docker-compose': 'docker-compose',
  openssl: 'openssl',
  pebble: 'pebble',
  'pebble-challtestsrv': 'pebble',
}

type Argv = readonly [tool: string, ...args: string[]]

/** Runs the real tool in a folder of its own; a tool that refuses the file fails the test with what it says. */
export async function ask(argv: Argv, place: string, env = {}): Promise<string> {
  const { child, missing } = start(argv, place, env)
  const code = new Promise<number | null>((closed) => child.once('close', closed))
  const ended = Promise.all([text(child.stdout), text(child.stderr), code])
  const [stdout, stderr, exit] = await Promise.race([ended, missing])
  if (exit !== 0) throw new Error(`${argv[0]} ended with ${exit}:\n${stdout}${stderr}`)
  return stdout
}

/** Ends it with the test, when it has not ended by itself. */
export function start([tool, ...args]: Argv, place: string, env = {}) {
  const child = spawn(tool, args, {
    cwd: place,
    // Debian has servers in sbin, which is not in everybody's path.
    env: { HOME: place, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, XDG_DATA_HOME: place, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const missing = new Promise<never>((_, reject) =>
    child.once('error', (cause) => reject(new Error(`${tool} cannot be run. ${howToInstall(tool)}`, { cause }))),
  )
  missing.catch(() => {})
  return { child, missing }
}

const howToInstall = (tool: string) => `apt-get install --no-install-recommends ${packages[tool] ?? tool}`

type Files = Readonly<Record<string, string>>

/** A folder for one test, gone after it. */
export function createPlace(files: Files = {}): string {
  const place = mkdtempSync(join(tmpdir(), 'ikoma-render-'))
  onTestFinished(() => rmSync(place, { recursive: true, force: true }))
  addFiles(place, files)
  return place
}

export function addFiles(place: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(place, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}

/** The same input, with the files of the server it names in a folder of this test instead. */
export function moved(input: unknown, place: string): unknown {
  if (typeof input === 'string') return input.replace(/^\/(etc|var|opt|srv)\//, `${place}/$1/`)
  if (Array.isArray(input)) return input.map((item) => moved(item, place))
  if (typeof input !== 'object' || input === null) return input
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, moved(value, place)]))
}

/** A self-signed certificate and its key. */
export async function createCertificate(place: string, certificate: string, key = `${certificate}.key`): Promise<void> {
  for (const file of [certificate, key]) mkdirSync(dirname(join(place, file)), { recursive: true })
  const subject = ['-subj', '/CN=localhost', '-days', '1']
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key]
  await ask(['openssl', 'req', '-x509', ...newKey, '-out', certificate, ...subject], place)
}
