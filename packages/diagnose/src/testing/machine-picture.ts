import { header } from '@ikoma/machine/systemd'
import { SimulatedHost, type Tool } from '@ikoma/machine/testing/simulated-host'

/** One server with a unit, a container and a proxy, as it is at a moment; what it said before stays in its logs. */
export class MachinePicture {
  readonly #journals = new Map<string, { at: number; text: string }[]>()
  readonly files: Record<string, string | null> = {
    '/proc/meminfo': 'MemAvailable:  2000000 kB\nSwapTotal:  1000000 kB\n',
    '/etc/systemd/system/shop.service': `${header('service')}[Unit]\n`,
    '/usr/bin/node': '',
    '/srv/shop/main.js': '',
    '/etc/shop.env': 'PORT=8080\n',
  }
  unit: Record<string, string> = {}
  container: Record<string, unknown> = {}
  listeners: string[] = []
  accounts = ['shop']
  disk = { available: 9_000_000_000 }
  http: { status: number } | { failure: string } = { status: 200 }
  /** What Caddy asks in vain when it answers 502. */
  refusedAt = '127.0.0.1:8080'
  keepAliveSec: number | null = null
  tools: Record<string, Tool> = {}
  packages = 'ii  postgresql-15\n'
  readonly #bootedAt: number

  constructor(now: number) {
    this.#bootedAt = now - 10_000_000
    this.runs(now - 7_200_000)
  }

  /** The unit runs since then, and serves. */
  runs(since: number, more: Record<string, string> = {}): void {
    this.unit = { ActiveState: 'active', SubState: 'running', Result: 'success', NRestarts: '0', ...more }
    this.#started(since)
    this.listeners = [listener('0.0.0.0:8080', 'node', 812), listener('*:443', 'caddy', 700)]
    this.files['/proc/812/cgroup'] = '0::/system.slice/shop.service\n'
    this.files['/proc/700/cgroup'] = '0::/system.slice/caddy.service\n'
    this.http = { status: 200 }
  }

  /** The unit was started then, said this, and ended; systemd tries it again and again, or has given up. */
  ends(at: number, status: number, texts: readonly string[], { gaveUp = false, result = 'exit-code' } = {}): void {
    const [active, sub] = gaveUp ? ['failed', 'failed'] : ['activating', 'auto-restart']
    this.unit = { ActiveState: active, SubState: sub, Result: result, NRestarts: gaveUp ? '1' : '4' }
    this.#started(at, status)
    this.listeners = this.listeners.filter((line) => !line.includes('pid=812'))
    this.http = { status: 502 }
    this.says('shop.service', at, 'Started shop.service - Shop.', ...texts)
    this.says('shop.service', at, `shop.service: Main process exited, code=exited, status=${status}`)
    this.says('shop.service', at, `shop.service: Failed with result '${result}'.`)
  }

  /** Each a moment after the one before. */
  says(unit: string, at: number, ...texts: string[]): void {
    const journal = this.#journals.get(unit) ?? []
    this.#journals.set(unit, journal)
    const begun = Math.max(at, (journal.at(-1)?.at ?? 0) + 1)
    for (const [index, text] of texts.entries()) journal.push({ at: begun + index + 1, text })
  }

  #started(at: number, status = 0): void {
    const monotonic = String((at - this.#bootedAt) * 1000)
    Object.assign(this.unit, {
      ...{ LoadState: 'loaded', User: 'shop', WorkingDirectory: '/srv/shop', Type: 'simple', DynamicUser: 'no' },
      ...{ EnvironmentFiles: '/etc/shop.env (ignore_errors=no)', ExecMainStatus: String(status) },
      ...{ ExecStart: '{ path=/usr/bin/node ; argv[]=/usr/bin/node main.js ; ignore_errors=no }' },
      ...{ ExecMainStartTimestampMonotonic: monotonic, ActiveEnterTimestampMonotonic: monotonic },
    })
  }

  host(now: number): SimulatedHost {
    const uptime = `${(now - this.#bootedAt) / 1000} 1.0\n`
    const files = Object.entries({ ...this.files, '/proc/uptime': uptime })
    const there = files.filter((entry): entry is [string, string] => entry[1] !== null)
    const host = new SimulatedHost({ files: Object.fromEntries(there), tools: { ...this.#tools(), ...this.tools } })
    return host
  }

  #tools(): Record<string, Tool> {
    const shown = (of: Record<string, string>) =>
      Object.entries(of)
        .map(([name, value]) => `${name}=${value}\n`)
        .join('')
    const caddy = { Id: 'caddy.service', LoadState: 'loaded', ActiveState: 'active', SubState: 'running' }
    return {
      systemctl: ({ args }) => ({ stdout: shown(args.includes('shop.service') ? this.unit : caddy) }),
      journalctl: ({ args }) => ({ stdout: this.#printed(args) }),
      ss: () => ({ stdout: this.listeners.map((line) => `${line}\n`).join('') }),
      df: () => ({ stdout: `Mounted on Use% Avail IUse%\n/ 50% ${this.disk.available} 4%\n` }),
      getent: ({ args }) => ({ code: this.accounts.includes(args.at(-1) ?? '') ? 0 : 2 }),
      'dpkg-query': () => ({ stdout: this.packages }),
      docker: (call) => this.#docker(call),
    }
  }

  /** Newest first, within what was asked. */
  #printed(args: readonly string[]): string {
    const unit = args.find((arg) => arg.startsWith('--unit='))?.slice('--unit='.length) ?? 'kernel'
    const since = Number(args.find((arg) => arg.startsWith('--since=@'))?.slice('--since=@'.length) ?? 0) * 1000
    const lines = (this.#journals.get(unit) ?? []).filter(({ at }) => at >= since)
    return lines
      .map(({ at, text }) => `${JSON.stringify({ __REALTIME_TIMESTAMP: String(at * 1000), MESSAGE: text })}\n`)
      .reverse()
      .join('')
  }

  #docker({ args }: Parameters<Tool>[0]): ReturnType<Tool> {
    const id = 'c'.repeat(64)
    if (args.includes('ls'))
      return { stdout: args.join(' ').includes('/srv/stack') && this.container.state ? `${id}\n` : '' }
    if (args.includes('inspect') && args.join(' ').includes('.Config.Env')) return { stdout: 'null\n' }
    if (args.includes('inspect')) {
      const made = {
        id,
        name: '/stack-api-1',
        project: 'stack',
        service: 'api',
        directory: '/srv/stack',
        revision: null,
      }
      const state = {
        exitCode: 0,
        outOfMemory: false,
        restarts: 0,
        health: null,
        restartPolicy: 'always',
        image: 'api:1',
      }
      return { stdout: `${JSON.stringify({ ...made, ...state, ...this.container })}\n` }
    }
    if (args[0] !== 'logs') return { code: 1 }
    const since = Date.parse(args.find((arg) => arg.startsWith('--since='))?.slice('--since='.length) ?? '')
    const lines = (this.#journals.get('container') ?? []).filter(({ at }) => at >= since)
    return { stdout: lines.map(({ at, text }) => `${new Date(at).toISOString()} ${text}\n`).join('') }
  }
}

export function listener(address: string, process: string, pid: number): string {
  return `LISTEN 0 511 ${address} 0.0.0.0:* users:(("${process}",pid=${pid},fd=19))`
}
