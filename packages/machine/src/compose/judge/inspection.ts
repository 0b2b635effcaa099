import { resolve } from 'node:path/posix'
import { Numeral } from '../numeral.ts'

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
  /** Those of these that a container writes to. */
  writable: string[]
  /** Those of them that are sent to Docker whole, to build an image of. */
  contexts: string[]
  /** Dockerfiles, which may lie beside them, and what says what is left out. */
  recipes: string[]
  /** What was understood of the file, in long form: nothing else may be handed to compose. */
  understood: Mapping
}

export type Mapping = Record<string, unknown>

/**
 * Reads a value in any of its forms and gives it in one: what is handed to compose is this, and not the text it came
 * from. Undefined for what says nothing, or was forbidden.
 */
export type Judge<T = unknown> = (value: unknown, field: string, inspection: Inspection) => T | undefined

/** Collects what is found in one file. */
export class Inspection {
  readonly findings: ComposeFinding[] = []
  readonly paths = new Set<string>()
  /** Those of them that are bound into a container. */
  readonly binds = new Set<string>()
  readonly contexts = new Set<string>()
  readonly recipes = new Set<string>()
  /** How many ports were read: a range is short to write. */
  ports = 0
  readonly #fields = new Map<string, string>()
  /** Those of them that a container writes to. */
  readonly writable = new Set<string>()
  readonly #root: string

  constructor(root: string) {
    this.#root = resolve(root)
  }

  forbid(field: string, reason: string, message: string): undefined {
    this.findings.push({ field, reason, message, severity: 'forbidden' })
  }

  warn(field: string, reason: string, message: string): void {
    this.findings.push({ field, reason, message, severity: 'warning' })
  }

  /** What could be read in two ways is not read at all. */
  puzzled(field: string, message: string): undefined {
    return this.forbid(field, 'not_understood', message)
  }

  /** A path on the server, absolute: below the app's folder, or forbidden. */
  path(value: unknown, field: string, from = '.'): string | undefined {
    const wrong = wrongInText(value)
    if (wrong) return this.forbid(field, wrong.reason, wrong.message)
    const full = resolve(this.#root, from, String(value))
    if (full.includes(':')) return this.puzzled(field, 'has a colon, which Docker takes for the end of the path.')
    const within = !String(value).startsWith('~') && (full === this.#root || full.startsWith(`${this.#root}/`))
    // By where it leads: `/run/docker.sock/../../etc` is another place.
    if (within ? /\/(docker|containerd|podman)\.sock$/.test(full) : sockets.has(full)) {
      this.forbid(field, 'docker_socket', 'is the socket of Docker: whoever has it owns the server.')
    } else if (!within) {
      this.forbid(field, 'outside_root', "is outside the app's folder.")
    }
    if (!within) return full
    this.paths.add(full)
    this.#fields.set(field, full)
    return full
  }

  /** What Docker mounts into a container, and looks up again whenever that starts. */
  bind(value: unknown, field: string, writable: boolean): string | undefined {
    const full = this.path(value, field)
    if (full === undefined || !this.paths.has(full)) return full
    this.binds.add(full)
    if (writable) this.writable.add(full)
    return full
  }

  /** Once everything was collected. */
  forbidNested(): void {
    for (const [field, full] of this.#fields) {
      if ([...this.writable].some((folder) => full.startsWith(`${folder}/`)))
        this.forbid(field, 'nested_mount', 'is below a folder that a container writes to, and could put a link there.')
    }
  }

  /** Only keys that are known to be harmless, or that have a judge: compose learns new ones every month. */
  keys(value: unknown, field: string, judges: Readonly<Record<string, Judge>>): Mapping {
    const understood: Mapping = {}
    if (value === null || value === undefined) return understood
    if (!isRecord(value)) this.puzzled(field, 'is not a mapping.')
    for (const [key, item] of Object.entries(isRecord(value) ? value : {})) {
      if (key.startsWith('x-')) continue
      const judge = Object.hasOwn(judges, key) ? judges[key] : undefined
      if (judge === undefined) this.forbid(`${field}/${key}`, 'unknown_key', 'is not known to be harmless.')
      const read = judge?.(item, `${field}/${key}`, this)
      if (read !== undefined) understood[key] = read
    }
    return understood
  }
}

interface Wrong {
  reason: string
  message: string
}

function wrongInText(value: unknown): Wrong | null {
  if (typeof value !== 'string' || value === '') return { reason: 'not_understood', message: 'is not a path.' }
  if (hasVariable(value)) {
    return { reason: 'interpolated', message: 'has a variable, so nobody can say where it leads.' }
  }
  if (strange.test(value)) return { reason: 'not_understood', message: 'has a character that no path here may have.' }
  return remote.test(value) ? { reason: 'remote', message: 'comes from another machine.' } : null
}

const sockets = new Set(
  ['docker.sock', 'containerd/containerd.sock', 'podman/podman.sock'].flatMap((name) => [
    `/run/${name}`,
    `/var/run/${name}`,
  ]),
)

/** What one reader takes for a part of the path, and another for its end, for Windows or for a line break. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const strange = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff\\]/

export const forbidden =
  (reason: string, message: string): Judge<never> =>
  (_, field, inspection) =>
    inspection.forbid(field, reason, message)

/** Forbidden unless it is empty: nothing, `false`, `[]` or `{}`. Where the server allows it, it is what `judge` reads. */
export const forbiddenUnlessEmpty =
  <T>(reason: string, message: string, judge: Judge<T>): Judge<T> =>
  (value, field, inspection) => {
    if (value === null || isNo(value)) return undefined
    if ((Array.isArray(value) || isRecord(value)) && Object.keys(value).length === 0) return undefined
    inspection.forbid(field, reason, message)
    return judge(value, field, inspection)
  }

/** As compose reads truths: `privileged: no` is a text for its reader of YAML. */
const isNo = (value: unknown) =>
  value === false ||
  ((typeof value === 'string' || value instanceof Numeral) &&
    ['false', 'no', 'off', 'n', 'f', '0'].includes(String(value).toLowerCase()))

export const driver =
  (...allowed: string[]): Judge<string> =>
  (value, field, inspection) => {
    if (!allowed.includes(String(value)))
      inspection.forbid(field, 'driver', `is another driver than ${allowed.join(', ')}.`)
    return typeof value === 'string' && /^[\w.:/-]+$/.test(value) ? value : inspection.puzzled(field, 'is not a name.')
  }

export const isRecord = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Numeral)

/** The items of a value that may be one or many. */
export const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value])

/** Compose replaces it by something that is not in the file. `$$` is a dollar sign. */
export const hasVariable = (value: string) => value.replaceAll('$$', '').includes('$')

const remote = /^[a-z][a-z0-9+.-]*:|^[\w.-]+@[\w.-]+:|^(github|gitlab)\.com\//i
