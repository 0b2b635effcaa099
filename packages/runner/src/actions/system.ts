import { stat } from 'node:fs/promises'
import { arch, cpus, loadavg, networkInterfaces, hostname as ownHostname, release, uptime } from 'node:os'
import type { OutputOf, PayloadOf } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Desired, Host } from '@ikoma/machine'
import { type NamedAccounts, refuseOthersAccount, refuseOthersGroups } from '@ikoma/machine/safety'
import { directory, hostname, swapFile, timezone, user, userHome, type WantedDirectory } from '@ikoma/machine/system'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { converging } from './converging.ts'
import { readDisk, readMemory, readOptional } from './memory-and-disk.ts'

export const system = {
  'system.facts.collect': collectFacts,
  'system.directory.apply': converging((wanted, named) => [ownDirectory(wanted, named)]),
  'system.user.apply': converging((wanted, named) => [user(wanted, named), userHome(wanted)]),
  'system.hostname.apply': converging(({ name }) => [hostname(name)]),
  'system.timezone.apply': converging(({ zone }) => [timezone(zone)]),
  'system.swap.apply': converging((wanted) => [swapFile(wanted)]),
} satisfies FamilyActions<'system'>

type Facts = OutputOf<'system.facts.collect'>

const diskTypes = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'vfat', 'overlay', 'bcachefs'])
const maxDisks = 50
const maxAddresses = 100

async function collectFacts(_payload: object, context: ActionContext): Promise<ActionResult<Facts>> {
  const output: Facts = {
    hostname: ownHostname(),
    os: parseOsRelease(await readOptional('/etc/os-release')),
    kernel: release(),
    arch: arch(),
    cpus: cpus().length,
    loadAverage: loadavg(),
    memory: await readMemory(),
    disks: await context.step('disks', listDisks),
    uptimeSec: Math.round(uptime()),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    addresses: listAddresses(),
    initSystem: await findInitSystem(),
  }
  const { os, memory } = output
  const summary = `${output.hostname}: ${os.name}, ${output.cpus} CPUs, ${Math.round(memory.totalBytes / 2 ** 20)} MiB.`
  context.log(summary)
  return { ok: true, summary, output }
}

/** As sd_booted(3) finds systemd: the process itself may be hidden from ours. */
async function findInitSystem(): Promise<string> {
  const systemd = await stat('/run/systemd/system').catch(() => null)
  if (systemd?.isDirectory()) return 'systemd'
  return (await readOptional('/proc/1/comm')).trim() || 'unknown'
}

export function parseOsRelease(text: string): Facts['os'] {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^([A-Z_]+)="?([^"]*)"?$/.exec(line.trim()) ?? []
    if (name) fields.set(name, value)
  }
  const id = fields.get('ID') ?? 'unknown'
  return { id, version: fields.get('VERSION_ID') ?? '', name: fields.get('PRETTY_NAME') ?? id }
}

async function listDisks(): Promise<Facts['disks']> {
  const disks = new Map<string, Facts['disks'][number]>()
  for (const line of (await readOptional('/proc/mounts')).split('\n')) {
    const [device = '', escaped = '', type = ''] = line.split(' ')
    if (!diskTypes.has(type) || disks.size >= maxDisks) continue
    const mount = escaped.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    // One disk may be mounted in many places; the first is the one that people know.
    const key = type === 'overlay' ? mount : device
    if (disks.has(key)) continue
    const size = await readDisk(mount).catch(() => null)
    if (size && size.totalBytes > 0) disks.set(key, { mount, ...size })
  }
  return [...disks.values()]
}

function listAddresses(): Facts['addresses'] {
  return Object.entries(networkInterfaces())
    .flatMap(([name, list = []]) => list.map(({ address, family, internal }) => ({ name, address, family, internal })))
    .filter(({ internal }) => !internal)
    .slice(0, maxAddresses)
    .map(({ internal, ...address }) => address)
}

function ownDirectory(payload: PayloadOf<'system.directory.apply'>, named: NamedAccounts): Desired {
  const wanted = { ...payload, mode: Number.parseInt(payload.mode, 8) }
  return async (host) => {
    const changes = await directory(wanted)(host)
    if (changes.length === 0) return changes
    await refuseOthersFolder(host, wanted)
    await refuseOthers(host, wanted, named)
    return changes
  }
}

/** Whom a folder is given to is an app, as is the group that may write to it; to read, a server's group may be let in. */
async function refuseOthers(host: Host, wanted: WantedDirectory, named: NamedAccounts): Promise<void> {
  const { path, owner, group, mode } = wanted
  const before = await host.look(path)
  if (!['root', 'ikoma', before?.owner].includes(owner)) await refuseOthersAccount(host, owner, named)
  const wrote = before !== null && before.group === group && (before.mode & 0o020) !== 0
  if ((mode & 0o020) === 0 || wrote || ['root', 'ikoma'].includes(group)) return
  await refuseOthersGroups(host, [group], named)
}

/** Whoever writes to a person's home has that person's shell, and root where they may use sudo. */
async function refuseOthersFolder(host: Host, { path, owner, mode }: WantedDirectory): Promise<void> {
  const before = await host.look(path)
  if (before === null || before.owner === 'root') return
  if (before.owner === owner && (mode & 0o022) === 0) return
  throw new AppError('unprocessable', `${path} belongs to ${before.owner} already. Open it to others by hand.`, {
    reason: 'owned_by_another',
  })
}
