import type { Disk } from '@ikoma/machine/system'
import { appDown } from '../consequences.ts'
import type { Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { advise, byCommand, logRule, matchLogs, place, type Rule, shown } from '../rule.ts'

const noSpace = /ENOSPC|No space left on device|database or disk is full|SQLITE_FULL|disk quota exceeded/i

const leastBytes = 64 * 1024 * 1024

export const diskFull: Rule = {
  name: 'disk_full',
  explains: [...appDown, 'postgres_not_ready', 'redis_refuses', 'database_damaged', 'acme_failed'],
  find(evidence): Finding | null {
    const full = evidence.disks.filter(isFull)
    const matches = matchLogs(evidence, [noSpace])
    if (full.length === 0 && matches.length === 0) return null
    const mounts = full.map(({ mount }) => mount).join(', ')
    return {
      symptom: { en: 'No space left', fr: 'Plus de place' },
      cause: mounts
        ? { en: `The disk at ${mounts} is full.`, fr: `Le disque ${mounts} est plein.` }
        : { en: 'A disk was full, or a quota is used up.', fr: 'Un disque a été plein, ou un quota est épuisé.' },
      confidence: full.length > 0 ? 'certain' : 'likely',
      evidence: [...full.map(diskLine), ...shown(matches.map(({ line }) => line))],
      mend: byCommand(
        {
          en: 'Free some: old logs, images that nothing uses, backups beyond their retention (an order backup.prune).',
          fr: 'Libérez-en : vieux journaux, images inutilisées, sauvegardes périmées (un ordre backup.prune).',
        },
        'journalctl --vacuum-size=200M; docker image prune; du -xh --max-depth=2 /var',
      ),
    }
  },
}

function isFull({ availableBytes, inodesUsedPercent }: Disk): boolean {
  return availableBytes < leastBytes || inodesUsedPercent === 100
}

function diskLine({ mount, usedPercent, availableBytes, inodesUsedPercent }: Disk): string {
  const inodes = inodesUsedPercent === null ? '' : `, ${inodesUsedPercent} % of its inodes`
  return `df ${mount}: ${usedPercent} % used${inodes}, ${Math.floor(availableBytes / 2 ** 20)} MiB left`
}

const killed = [
  /Out of memory: Killed process \d+ \((?<program>[^)]+)\)/,
  /Memory cgroup out of memory: Killed process \d+ \((?<program>[^)]+)\)/,
  /killed by the OOM killer/,
  /JavaScript heap out of memory/,
]

export const outOfMemory: Rule = {
  name: 'out_of_memory',
  explains: [...appDown, 'postgres_not_ready', 'redis_down'],
  find(evidence): Finding | null {
    const { unit, docker } = evidence
    const matches = matchLogs(evidence, killed)
    const containers = docker?.running ? docker.containers.filter(({ outOfMemory: killedIt }) => killedIt) : []
    const seen = unit?.result === 'oom-kill' || containers.length > 0
    // Who else sends SIGKILL to a service that nobody stops? On old control groups systemd cannot tell.
    const killedNow = unit?.result === 'signal' && unit.exitStatus === 9 && unit.upSec === null
    if (matches.length === 0 && !seen && !killedNow) return null
    const program = matches[0]?.groups.program ?? containers[0]?.service ?? 'a process'
    return {
      symptom: { en: 'A process was killed', fr: 'Un processus a été tué' },
      cause: {
        en: `Memory ran out, and ${program} was ended for it.`,
        fr: `La mémoire a manqué, et ${program} a été arrêté pour cela.`,
      },
      confidence: seen ? 'certain' : matches.length > 0 ? 'likely' : 'possible',
      evidence: [
        ...(unit?.result === 'oom-kill' || killedNow
          ? [`${evidence.subject.unit}: ended by ${unit?.result}, status ${unit?.exitStatus}`]
          : []),
        ...containers.map(({ name }) => `container ${name}: OOMKilled`),
        ...shown(matches.map(({ line }) => line)),
      ],
      mend: moreMemory(evidence),
    }
  },
}

function moreMemory({ memory }: Evidence) {
  const advice = {
    en: 'Give it more memory, or raise its limit (MemoryMax=, --max-old-space-size, mem_limit) if it has one.',
    fr: 'Donnez plus de mémoire, ou relevez sa limite (MemoryMax=, --max-old-space-size, mem_limit) s’il en a une.',
  }
  if (memory?.swapBytes !== 0) return { advice, order: null }
  return place(
    'system.swap.apply',
    { sizeMib: 2048 },
    {
      en: `${advice.en} This server has no swap: some would soften it.`,
      fr: `${advice.fr} Ce serveur n’a pas de swap : un peu amortirait.`,
    },
  )
}

/** Past this, tokens and certificates begin to fail. */
const maxSkewMs = 30_000

const wrongTime = [
  /certificate is not yet valid|CERT_NOT_YET_VALID/,
  /Token used too early|jwt not active|"nbf" claim timestamp check failed|"iat" claim timestamp check failed/,
  /RequestTimeTooSkewed|Signature not yet current|must be a short-lived token .* in a reasonable timeframe/,
]

export const clockSkew: Rule = {
  name: 'clock_skew',
  explains: ['oauth_invalid_grant', 'oauth_state', 'certificate_untrusted', 'certificate_expired', 'acme_failed'],
  find(evidence): Finding | null {
    const { synchronized, skewMs } = evidence.clock
    const far = skewMs !== null && Math.abs(skewMs) > maxSkewMs
    const matches = matchLogs(evidence, wrongTime)
    // Without either, a clock that nobody sets is no trouble yet: containers have none of their own.
    if (!far && matches.length === 0) return null
    const seconds = skewMs === null ? '' : ` (${Math.round(Math.abs(skewMs) / 1000)} s)`
    return {
      symptom: { en: 'Times do not agree', fr: 'Les heures ne concordent pas' },
      cause: far
        ? { en: `This server’s clock is off${seconds}.`, fr: `L’horloge de ce serveur est décalée${seconds}.` }
        : { en: 'The clock of one side is off.', fr: 'L’horloge de l’un des deux côtés est décalée.' },
      confidence: far ? 'certain' : synchronized === false ? 'likely' : 'possible',
      evidence: [
        ...(far ? [`the control plane’s clock is ${skewMs} ms ahead`] : []),
        ...(synchronized === null ? [] : [`timedatectl: NTPSynchronized=${synchronized ? 'yes' : 'no'}`]),
        ...shown(matches.map(({ line }) => line)),
      ],
      mend: byCommand(
        { en: 'Have the clock set over the network.', fr: 'Faites régler l’horloge par le réseau.' },
        'timedatectl set-ntp true',
      ),
    }
  },
}

export const tooManyFiles = logRule({
  name: 'too_many_files',
  patterns: [/EMFILE|ENFILE|[Tt]oo many open files/],
  explains: appDown,
  symptom: { en: 'Files and connections cannot be opened', fr: 'Fichiers et connexions ne s’ouvrent plus' },
  cause: () => ({
    en: 'The process holds as many files as it may.',
    fr: 'Le processus tient autant de fichiers qu’il en a le droit.',
  }),
  mend: () =>
    advise(
      'Look for connections that are never closed; raise LimitNOFILE= of its unit if the number is meant.',
      'Cherchez des connexions jamais fermées ; relevez LimitNOFILE= de son unité si ce nombre est voulu.',
    ),
})
