import { resolve } from 'node:path/posix'

export interface ComposeFinding {
  /** `services/api/volumes/0` */
  field: string
  reason: string
  message: string
  /** A warning is for people to decide. */
  severity: 'forbidden' | 'warning'
}

export interface ComposeReport {
  findings: ComposeFinding[]
  /**
   * What the file reads or mounts below the app's folder. The text cannot tell whether one is a symbolic link that leads
   * out of it: resolve each on the server before the file is used.
   */
  paths: string[]
  /** Those of them that Docker binds into a container. */
  binds: string[]
}

export type Judge = (value: unknown, field: string, inspection: Inspection) => void

/** Collects what is found in one file. */
export class Inspection {
  readonly findings: ComposeFinding[] = []
  readonly paths = new Set<string>()
  /** Those of them that are bound into a container. */
  readonly binds = new Set<string>()
  readonly #fields = new Map<string, string>()
  readonly #writable = new Set<string>()
  readonly #root: string

  constructor(root: string) {
    this.#root = resolve(root)
  }

  forbid(field: string, reason: string, message: string): void {
    this.findings.push({ field, reason, message, severity: 'forbidden' })
  }

  warn(field: string, reason: string, message: string): void {
    this.findings.push({ field, reason, message, severity: 'warning' })
  }

  /** A path on the server: below the app's folder, or forbidden, which is null. */
  path(value: unknown, field: string, from = '.'): string | null {
    const full = resolve(this.#root, from, String(value))
    const wrong = wrongInText(value) ?? this.#wrongPlace(full, String(value))
    if (wrong) {
      this.forbid(field, wrong.reason, wrong.message)
      return null
    }
    this.paths.add(full)
    this.#fields.set(field, full)
    return full
  }

  /** What Docker mounts into a container, and looks up again whenever that starts. */
  bind(value: unknown, field: string, writable: boolean): void {
    const full = this.path(value, field)
    if (full === null) return
    this.binds.add(full)
    if (writable) this.#writable.add(full)
  }

  /** Once everything was collected. */
  forbidNested(): void {
    for (const [field, full] of this.#fields) {
      if ([...this.#writable].some((folder) => full.startsWith(`${folder}/`)))
        this.forbid(field, 'nested_mount', 'is below a folder that a container writes to, and could put a link there.')
    }
  }

  #wrongPlace(full: string, value: string): Wrong | null {
    if (!value.startsWith('~') && (full === this.#root || full.startsWith(`${this.#root}/`))) return null
    return { reason: 'outside_root', message: "is outside the app's folder." }
  }

  /** Only keys that are known to be harmless, or that have a judge: compose learns new ones every month. */
  keys(value: unknown, field: string, judges: Readonly<Record<string, Judge>>): void {
    if (value === null || value === undefined) return
    if (!isRecord(value)) this.forbid(field, 'not_understood', 'is not a mapping.')
    for (const [key, item] of Object.entries(isRecord(value) ? value : {})) {
      if (key.startsWith('x-')) continue
      const judge = Object.hasOwn(judges, key) ? judges[key] : undefined
      if (judge) judge(item, `${field}/${key}`, this)
      else this.forbid(`${field}/${key}`, 'unknown_key', 'is not known to be harmless.')
    }
  }
}

interface Wrong {
  reason: string
  message: string
}

function wrongInText(value: unknown): Wrong | null {
  if (typeof value !== 'string') return { reason: 'not_understood', message: 'is not a path.' }
  if (/(docker|containerd|podman)\.sock/.test(value)) {
    return { reason: 'docker_socket', message: 'is the socket of Docker: whoever has it owns the server.' }
  }
  if (hasVariable(value)) {
    return { reason: 'interpolated', message: 'has a variable, so nobody can say where it leads.' }
  }
  return remote.test(value) ? { reason: 'remote', message: 'comes from another machine.' } : null
}

export const harmless: Judge = () => {}

export const forbidden =
  (reason: string, message: string): Judge =>
  (_, field, inspection) =>
    inspection.forbid(field, reason, message)

/** Forbidden unless it is empty: nothing, `false`, `[]` or `{}`. */
export const forbiddenUnlessEmpty =
  (reason: string, message: string): Judge =>
  (value, field, inspection) => {
    if (value === null || value === false) return
    if (typeof value === 'object' && Object.keys(value).length === 0) return
    inspection.forbid(field, reason, message)
  }

export const driver =
  (...allowed: string[]): Judge =>
  (value, field, inspection) => {
    if (!allowed.includes(String(value)))
      inspection.forbid(field, 'driver', `is another driver than ${allowed.join(', ')}.`)
  }

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The items of a value that may be one or many. */
export const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value])

/** Compose replaces it by something that is not in the file. `$$` is a dollar sign. */
export const hasVariable = (value: string) => value.replaceAll('$$', '').includes('$')

const remote = /^[a-z][a-z0-9+.-]*:|^[\w.-]+@[\w.-]+:|^(github|gitlab)\.com\//i
