import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, vi } from 'vitest'

// A test that leaves something changed which other tests share fails, by itself and not through them.

beforeEach(({ onTestFinished }) => {
  const before = shared()
  // The first to be registered is the last to run: after each hook, and after all that the test registers itself.
  onTestFinished(() => refuseChanges(before, shared()))
})

// Once a file, because hooks of the file may change and put back what its tests find changed.
let before: Shared
beforeAll(() => {
  before = ofFile()
})
afterAll(() => refuseChanges(before, ofFile()))

interface Shared {
  /** By name, each as `===` compares it. */
  values: Record<string, unknown>
  /** As text: reading each variable by itself would take longer than many a test. */
  env: string
}

function shared(): Shared {
  const events = process.eventNames().map((event) => [`listeners of process on ${String(event)}`, event] as const)
  return {
    values: {
      'fake timers': vi.isFakeTimers(),
      Date,
      fetch,
      'process.exitCode': process.exitCode,
      'process.cwd()': process.cwd(),
      ...Object.fromEntries(events.map(([name, event]) => [name, process.listenerCount(event)])),
    },
    env: JSON.stringify(process.env),
  }
}

function ofFile(): Shared {
  const { values, env } = shared()
  return { values: { ...values, umask: umask() }, env }
}

/** Not `process.umask()`, which sets it to read it: files that another thread makes meanwhile would be open to all. */
function umask(): string | undefined {
  if (process.platform !== 'linux') return undefined
  return /^Umask:\s*(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
}

function refuseChanges(before: Shared, after: Shared): void {
  const changes = changesOf('', before.values, after.values)
  if (before.env !== after.env)
    changes.push(...changesOf('process.env.', JSON.parse(before.env), JSON.parse(after.env)))
  if (changes.length > 0) throw new Error(`Put back what you change, other tests share it: ${changes.join('; ')}`)
}

function changesOf(prefix: string, was: Record<string, unknown>, now: Record<string, unknown>): string[] {
  return Object.keys({ ...was, ...now })
    .filter((name) => was[name] !== now[name])
    .map((name) => `${prefix}${name}: ${String(was[name])} -> ${String(now[name])}`)
}
