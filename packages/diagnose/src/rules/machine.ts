import type { Disk } from '@ikoma/machine/system'
import { appDown } from '../consequences.ts'
import type { Evidence } from '../evidence.ts'
import type { Finding, Words } from '../finding.ts'
import { advise, byCommand, logRule, matchLogs, newestOf, place, type Rule, shown } from '../rule.ts'

const noSpace =
  /(?:ENOSPC: no space|code: ['"]ENOSPC|Errno::ENOSPC|\(ENOSPC\)|No space left on device|database or disk is full|SQLITE_FULL|disk quota exceeded|OS errno 28\b|not enough free space|Insufficient disk space)/i

/** Other things run out with the same words: watches of files, memory that is shared, semaphores. */
const otherSpace =
  /file watch|inotify|shared memory|shm_?open|\/dev\/shm|semaphore|mutex|address pool|BPF|epoll|io_uring|"ENOSPC" is/i

const leastBytes = 64 * 1024 * 1024

export const diskFull: Rule = {
  name: 'disk_full',
  explains: [
    ...appDown,
    ...['postgres_not_ready', 'mysql_not_ready', 'mongo_not_ready', 'redis_refuses', 'database_damaged', 'acme_failed'],
  ],
  patterns: [noSpace],
  find(evidence): Finding | null {
    const full = evidence.disks.filter(isFull)
    const matches = matchLogs(evidence, [noSpace]).filter(({ line }) => !otherSpace.test(line.text))
    if (full.length === 0 && matches.length === 0) return null
    const mounts = full.map(({ mount }) => mount).join(', ')
    return {
      symptom: { en: 'No space left', fr: 'Plus de place' },
      cause: mounts
        ? { en: `The disk at ${mounts} is full.`, fr: `Le disque ${mounts} est plein.` }
        : { en: 'A disk was full, or a quota is used up.', fr: 'Un disque a été plein, ou un quota est épuisé.' },
      confidence: full.length > 0 ? 'certain' : 'likely',
      evidence: [...full.map(diskLine), ...shown(matches.map(({ line }) => line))],
      at: newestOf(matches.map(({ line }) => line)),
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
  /java\.lang\.OutOfMemoryError: (?:Java heap space|Metaspace|GC overhead limit|unable to create (?:new )?native thread|Direct buffer)/,
  /insufficient memory for the Java Runtime Environment|Could not reserve enough space for (?:\d+KB )?object heap/,
  /Allowed memory size of \d+ bytes exhausted/,
  /was sent SIGKILL! Perhaps out of memory\?/,
  /fatal error: runtime: (?:cannot allocate memory|out of memory)/,
  /fork\(?\)?: (?:retry: )?Cannot allocate memory|could not fork new process for connection: Cannot allocate memory/,
  /InnoDB: Cannot allocate memory for the buffer pool/,
  /std::bad_alloc|^MemoryError\b|NoMemoryError|FATAL: {1,2}out of memory/,
]

/** Where the whole machine ran out, not a limit of its own. */
const ofMachine = /Out of memory: Killed process|Cannot allocate memory|Could not reserve|insufficient memory/

export const outOfMemory: Rule = {
  name: 'out_of_memory',
  explains: [...appDown, 'postgres_not_ready', 'mysql_not_ready', 'mongo_not_ready', 'redis_down'],
  patterns: killed,
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
        en: `Memory ran out for ${program}.`,
        fr: `La mémoire a manqué pour ${program}.`,
      },
      confidence: seen ? 'certain' : matches.length > 0 ? 'likely' : 'possible',
      evidence: [
        ...(unit?.result === 'oom-kill' || killedNow
          ? [`${evidence.subject.unit}: ended by ${unit?.result}, status ${unit?.exitStatus}`]
          : []),
        ...containers.map(({ name }) => `container ${name}: OOMKilled`),
        ...shown(matches.map(({ line }) => line)),
      ],
      mend: moreMemory(
        evidence,
        matches.some(({ line }) => ofMachine.test(line.text)),
      ),
      at: newestOf(matches.map(({ line }) => line)),
    }
  },
}

/** Swap is of no use against a limit. */
function moreMemory({ memory }: Evidence, everywhere: boolean) {
  const advice = {
    en: 'Give it more memory, or raise its limit (MemoryMax=, --max-old-space-size, mem_limit) if it has one.',
    fr: 'Donnez plus de mémoire, ou relevez sa limite (MemoryMax=, --max-old-space-size, mem_limit) s’il en a une.',
  }
  if (!everywhere || memory?.swapBytes !== 0) return { advice, order: null }
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
  patterns: wrongTime,
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
        ? clockCause(seconds, synchronized === true)
        : { en: 'The clock of one side is off.', fr: 'L’horloge de l’un des deux côtés est décalée.' },
      // Of two clocks that differ, one that is set over the network is the likelier to be right.
      confidence: far && synchronized !== true ? 'certain' : far || synchronized === false ? 'likely' : 'possible',
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

function clockCause(seconds: string, isSet: boolean): Words {
  if (!isSet)
    return { en: `This server’s clock is off${seconds}.`, fr: `L’horloge de ce serveur est décalée${seconds}.` }
  return {
    en: `This server’s clock and the control plane’s differ${seconds}; this one is set over the network.`,
    fr: `L’horloge de ce serveur et celle du plan de contrôle diffèrent${seconds} ; celle-ci est réglée par le réseau.`,
  }
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
