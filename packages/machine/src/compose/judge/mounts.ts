import { posix } from 'node:path'
import { hasVariable, type Inspection, isRecord, type Judge, listed, type Mapping } from './inspection.ts'
import { amount, bytes, fileMode, mapping, matching, text, truth } from './scalars.ts'

/** Something that a container finds in its file system, in the long form of compose. */
export interface Mount {
  type: 'bind' | 'volume' | 'tmpfs'
  source?: string
  target: string
  read_only: boolean
  bind?: Mapping
  volume?: Mapping
  tmpfs?: Mapping
}

/** Folders of the server must be below the app's; volumes that Docker keeps are judged where they are declared. */
export const mounts: Judge<Mount[]> = (value, field, inspection) => {
  if (value === null) return undefined
  const read = listed(value).map((mount, index) => {
    const at = `${field}/${index}`
    return isRecord(mount) ? longMount(mount, at, inspection) : shortMount(mount, at, inspection)
  })
  return read.filter((mount) => mount !== undefined)
}

/** Where in the container: absolute, and without what some reader takes for the end of it. */
const place: Judge<string> = (value, field, inspection) => {
  const read = text(value, field, inspection)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no path has one
  if (read === undefined || !read.startsWith('/') || /[:\\\u0000-\u001f\u007f]/.test(read)) {
    return inspection.puzzled(field, 'is not an absolute path of the container.')
  }
  const normal = posix.normalize(read)
  return normal === '/' ? normal : normal.replace(/\/$/, '')
}

function longMount(given: Mapping, at: string, inspection: Inspection): Mount | undefined {
  const { type, source } = given
  if (type !== 'bind' && type !== 'volume' && type !== 'tmpfs') {
    return inspection.forbid(at, 'mount_type', 'is a kind of mount that is not known.')
  }
  const read = inspection.keys(given, at, longKeys) as unknown as Mount
  const known: Mount = { ...read, type, read_only: read.read_only === true }
  const from = sourceOf(type, source, { at: `${at}/source`, writable: !known.read_only, inspection })
  if (known.target === undefined) return inspection.puzzled(`${at}/target`, 'is missing.')
  if (type !== 'bind') return from === undefined ? known : { ...known, source: from }
  // As Docker does where nothing is said.
  return from === undefined ? undefined : { ...known, source: from, bind: { create_host_path: true, ...known.bind } }
}

interface At {
  at: string
  writable: boolean
  inspection: Inspection
}

function sourceOf(type: Mount['type'], source: unknown, { at, writable, inspection }: At): string | undefined {
  if (type === 'bind') return inspection.bind(source, at, writable)
  if (source === undefined || source === null) return undefined
  if (type === 'volume' && isVolumeName(source)) return source
  const before = inspection.findings.length
  if (type === 'volume') inspection.bind(source, at, writable)
  if (inspection.findings.length === before) inspection.puzzled(at, 'is no name of a volume.')
  return undefined
}

const propagation = matching(/^r?(private|slave)$/, 'one of private, rprivate, slave and rslave')
const longKeys: Record<string, Judge> = {
  type: () => undefined,
  source: () => undefined,
  target: place,
  read_only: truth,
  // Means something on a Mac alone.
  consistency: (value, field, inspection) => void text(value, field, inspection),
  bind: mapping({ propagation, create_host_path: truth, selinux: matching(/^[zZ]$/, 'z or Z') }),
  volume: mapping({ nocopy: truth }),
  tmpfs: mapping({ size: bytes, mode: fileMode }),
}

/** `./data:/data:ro`; one with a variable is taken whole, since the variable may hold the colon. */
function shortMount(mount: unknown, at: string, inspection: Inspection): Mount | undefined {
  const spec = typeof mount === 'string' ? mount : ''
  if (spec === '') return inspection.forbid(at, 'mount_type', 'is a kind of mount that is not known.')
  if (hasVariable(spec)) {
    inspection.bind(spec, `${at}/source`, true)
    return undefined
  }
  const parts = spec.split(':')
  const [source = '', target, modes] = parts
  if (target === undefined) {
    const anonymous = place(source, at, inspection)
    return anonymous === undefined ? undefined : { type: 'volume', target: anonymous, read_only: false }
  }
  const understood = modesOf(modes)
  const isPath = /^[./~]/.test(source)
  const from = isPath
    ? inspection.bind(source, `${at}/source`, understood?.read_only !== true)
    : sourceOf('volume', source, { at: `${at}/source`, writable: true, inspection })
  if (parts.length > 3 || understood === null) {
    return inspection.puzzled(at, 'is not a mount as ./data:/data:ro. Write it as type, source and target.')
  }
  const to = place(target, at, inspection)
  if (from === undefined || to === undefined) return undefined
  const { nocopy, bind, read_only } = understood
  if (!isPath && bind !== undefined) return inspection.puzzled(at, 'has a mode that a volume has not got.')
  if (!isPath) return { type: 'volume', source: from, target: to, read_only, ...(nocopy && { volume: { nocopy } }) }
  if (nocopy) return inspection.puzzled(at, 'has a mode that a folder has not got.')
  return { type: 'bind', source: from, target: to, read_only, bind: { create_host_path: true, ...bind } }
}

interface Modes {
  read_only: boolean
  nocopy?: true
  bind?: { propagation?: string; selinux?: string }
}

/** Null when one of them is not known; some readers skip that one, others take it for another. */
function modesOf(modes: string | undefined): Modes | null {
  const read: Modes = { read_only: false }
  for (const mode of modes?.split(',') ?? []) {
    if (mode === 'ro' || mode === 'rw') read.read_only = mode === 'ro'
    else if (mode === 'nocopy') read.nocopy = true
    else if (/^r?(private|slave)$/.test(mode)) read.bind = { ...read.bind, propagation: mode }
    else if (/^[zZ]$/.test(mode)) read.bind = { ...read.bind, selinux: mode }
    else if (!/^(cached|delegated|consistent)$/.test(mode)) return null
  }
  return read
}

/** Of two characters at least: one alone is, for some readers, the drive of a Windows path. */
const isVolumeName = (source: unknown): source is string =>
  typeof source === 'string' && /^[A-Za-z0-9][A-Za-z0-9_-]+$/.test(source)

/** `/run:size=64m,mode=1777` */
export const tmpfs: Judge<string> = (value, field, inspection) => {
  const read = text(value, field, inspection) ?? ''
  const [path = '', ...rest] = read.split(':')
  const options = rest
    .join(':')
    .split(',')
    .filter((option) => option !== '')
  const known = options.every((option) => tmpfsOption.test(option))
  const at = place(path, field, inspection)
  if (!known) return inspection.puzzled(field, 'has an option of a mount that is not known.')
  return at === undefined || options.length === 0 ? at : `${at}:${options.join(',')}`
}

const tmpfsOption = /^(r[wo]|(no)?(exec|suid|dev|atime)|size=\d{1,15}[kmg]?|mode=[0-7]{3,4}|(uid|gid)=\d{1,10})$/

export interface FileToRead {
  path: string
  required: boolean
  raw: boolean
}

const fileKeys = { path: text, required: truth, format: matching(/^raw$/, '"raw"') }

/** One or many, each a path or `{path, required}`. */
export const files: Judge<FileToRead[]> = (value, field, inspection) => {
  if (value === null) return undefined
  const read = listed(value).map((file, index): FileToRead | undefined => {
    const at = Array.isArray(value) ? `${field}/${index}` : field
    const known = isRecord(file) ? inspection.keys(file, at, fileKeys) : { path: file }
    const path = inspection.path(known.path, at)
    if (path === undefined) return undefined
    return { path, required: known.required !== false, raw: known.format === 'raw' }
  })
  return read.filter((file) => file !== undefined)
}

/** A config or secret of the file in a container: its name, or where and whose it is. */
export const given: Judge<Mapping> = (value, field, inspection) =>
  isRecord(value)
    ? inspection.keys(value, field, { source: text, target: text, uid: text, gid: text, mode: fileMode })
    : withSource(text(value, field, inspection))

const withSource = (source: string | undefined) => (source === undefined ? undefined : { source })

/** `nofile: 1024`, or both of its bounds. */
export const ulimit: Judge<Mapping> = (value, field, inspection) => {
  if (isRecord(value)) return inspection.keys(value, field, { soft: amount(-1), hard: amount(-1) })
  const bound = amount(-1)(value, field, inspection)
  return bound === undefined ? undefined : { soft: bound, hard: bound }
}
