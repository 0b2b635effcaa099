import { hasVariable, type Inspection, isRecord, type Judge, listed } from './inspection.ts'

/** Folders of the server must be below the app's; volumes that Docker keeps are judged where they are declared. */
export const mounts: Judge = (value, field, inspection) => {
  for (const [index, mount] of listed(value).entries()) judgeMount(mount, `${field}/${index}`, inspection)
}

function judgeMount(mount: unknown, field: string, inspection: Inspection): void {
  const { type, source, read_only: readOnly } = isRecord(mount) ? mount : shortMount(mount)
  if (type === 'tmpfs' || (type === 'volume' && (source === undefined || isVolumeName(source)))) return
  if (type === 'volume' || type === 'bind') inspection.bind(source, `${field}/source`, readOnly !== true)
  else inspection.forbid(field, 'mount_type', 'is a kind of mount that is not known.')
}

/** `./data:/data:ro`; one with a variable is taken whole, since the variable may hold the colon. */
function shortMount(mount: unknown): { type?: string; source?: string; read_only?: boolean } {
  if (typeof mount !== 'string') return {}
  if (hasVariable(mount)) return { type: 'bind', source: mount }
  const [source, target, options] = mount.split(':')
  if (target === undefined) return { type: 'volume' }
  return { type: 'volume', source: source ?? '', read_only: options?.split(',').includes('ro') ?? false }
}

const isVolumeName = (source: unknown) => typeof source === 'string' && /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(source)

/** A published port goes past ufw: Docker writes its own firewall rules. */
export const ports: Judge = (value, field, inspection) => {
  for (const [index, entry] of listed(value).entries()) {
    if (isOnLoopback(entry)) continue
    inspection.warn(
      `${field}/${index}`,
      'published_port',
      'is reachable from outside, past the firewall. Use 127.0.0.1.',
    )
  }
}

function isOnLoopback(entry: unknown): boolean {
  const address = isRecord(entry) ? entry.host_ip : /^(.+):[0-9-]*:[0-9-]+(\/[a-z]+)?$/.exec(String(entry))?.[1]
  return typeof address === 'string' && /^(127(\.[0-9]{1,3}){3}|\[?::1\]?)$/.test(address)
}

/** One or many, each a path or `{path, required}`. */
export const files: Judge = (value, field, inspection) => {
  for (const [index, file] of listed(value).entries()) {
    inspection.path(isRecord(file) ? file.path : file, Array.isArray(value) ? `${field}/${index}` : field)
  }
}
