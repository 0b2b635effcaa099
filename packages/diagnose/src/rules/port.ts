import { appDown } from '../consequences.ts'
import type { Evidence, Listener } from '../evidence.ts'
import type { Mend, Words } from '../finding.ts'
import { advise, byCommand, type LogMatch, matchLogs, newestOf, type Rule, shown } from '../rule.ts'
import { isContainer, isServing, listenersOn, where, who } from './listeners.ts'
import { onUnit } from './mends.ts'

const inUse = [
  // The port is after the last colon: ::1:8080.
  /EADDRINUSE\b.* \S*:(?<port>\d{1,5})(?![\w.:])/,
  /bind\(\) to \S*?:?(?<port>\d{1,5}) failed \(98:/,
  /listen tcp[46]? \S*:(?<port>\d{1,5}): bind: address already in use/,
  /Bind for \S*:(?<port>\d{1,5}) failed: port is already allocated/,
  /bind on address \('[^']*', (?<port>\d{1,5})[^)]*\): address already in use/i,
  /Connection in use: \('[^']*', (?<port>\d{1,5})\)/,
  /Address already in use - bind\(2\) for "?[^"]*"? port (?<port>\d{1,5})/,
  /[Pp]ort (?<port>\d{1,5}) (?:was|is) already in use/,
  /listening socket (?:for address '\S*|\S+):(?<port>\d{1,5})'?: (?:bind: )?Address already in use/,
  /could not bind to address \S*:(?<port>\d{1,5})\b/,
  /That port is already in use|BindException: Address already in use|OSError: \[Errno 98\] Address already in use/,
  /Bind on TCP\/IP port: Address already in use|SocketException: Address already in use/,
  /could not bind \w+ address "[^"]*": Address already in use/,
]

const symptom: Words = { en: 'A program cannot open its port', fr: 'Un programme ne peut pas ouvrir son port' }

export const portTaken: Rule = {
  name: 'port_taken',
  explains: [...appDown, 'proxy_down', 'tls_not_ready'],
  patterns: inUse,
  find: (evidence) => takenByLog(evidence) ?? takenBySight(evidence),
}

/** A program said so, and it does not hold the port by now. */
function takenByLog(evidence: Evidence) {
  const matches = matchLogs(evidence, inUse).filter((match) => !hasItByNow(match))
  const [first] = matches
  if (!first) return null
  const port = first.groups.port === undefined ? null : Number(first.groups.port)
  // What a container cannot open within itself, nothing outside holds.
  const inside = isContainer(first.line.source) && !/port is already allocated/.test(first.line.text)
  const holder = port === null || inside ? undefined : listenersOn(evidence, port)[0]
  return {
    symptom,
    cause: causeOf(port, holder),
    confidence: holder ? ('certain' as const) : ('likely' as const),
    evidence: [...shown(matches.map(({ line }) => line)), ...(holder ? [where(holder)] : [])],
    mend: mendFor(evidence, holder),
    at: newestOf(matches.map(({ line }) => line)),
  }
}

function hasItByNow({ evidence, line, groups }: LogMatch): boolean {
  const { subject, unit } = evidence
  const settles = line.source === subject.unit && unit !== null && isServing(unit) && (unit.upSec ?? 0) >= settlesSec
  return listenersOn(evidence, Number(groups.port)).some((holder) => {
    // Who holds a port cannot always be seen; a service that stays up is not without it.
    return holder.unit === null ? settles : holder.unit === line.source
  })
}

const settlesSec = 10

/** Another unit listens where this one should, and this one does not get up. */
function takenBySight(evidence: Evidence) {
  const { subject, unit } = evidence
  if (subject.port === null || subject.unit === null || !unit || isServing(unit)) return null
  const holder = listenersOn(evidence, subject.port).find((each) => each.unit !== null && each.unit !== subject.unit)
  if (!holder) return null
  return {
    symptom,
    cause: causeOf(subject.port, holder),
    // It may have ended for something else.
    confidence: 'likely' as const,
    evidence: [where(holder), `${subject.unit}: ${unit.active} (${unit.sub})`],
    mend: mendFor(evidence, holder),
  }
}

function causeOf(port: number | null, holder: Listener | undefined): Words {
  const [en, fr] = port === null ? ['Its port', 'Son port'] : [`Port ${port}`, `Le port ${port}`]
  if (!holder) return { en: `${en} is held by another program.`, fr: `${fr} est tenu par un autre programme.` }
  return { en: `${en} is held by ${who(holder)}.`, fr: `${fr} est tenu par ${who(holder)}.` }
}

function mendFor(evidence: Evidence, holder: Listener | undefined): Mend {
  const change = ['give one of the two another port', 'donnez un autre port à l’un des deux']
  // Docker holds the published ports of all its containers.
  if (holder?.process === 'docker-proxy') {
    return byCommand(
      {
        en: `Stop the container that publishes it, or ${change[0]}.`,
        fr: `Arrêtez le conteneur qui le publie, ou ${change[1]}.`,
      },
      `docker ps --filter publish=${holder.port}`,
    )
  }
  if (holder?.unit) {
    return onUnit(evidence, 'stop', holder.unit, {
      en: `Stop ${holder.unit} if it is not needed, or ${change[0]}.`,
      fr: `Arrêtez ${holder.unit} s’il est inutile, ou ${change[1]}.`,
    })
  }
  const name = holder?.process ? who(holder) : null
  return advise(
    `End ${name ?? 'the program that holds it (ss -ltnp names it)'}, or ${change[0]}.`,
    `Terminez ${name ?? 'le programme qui le tient (ss -ltnp le nomme)'}, ou ${change[1]}.`,
  )
}

export const listeningElsewhere: Rule = {
  name: 'listening_elsewhere',
  explains: ['port_not_listening', 'upstream_down', 'http_server_error'],
  find(evidence) {
    const { subject, listeners } = evidence
    if (subject.port === null || subject.unit === null || listeners === null) return null
    if (listenersOn(evidence, subject.port).length > 0) return null
    const own = listeners.filter(({ unit }) => unit === subject.unit)
    const [first] = own
    if (!first) return null
    return {
      symptom: { en: `Nothing listens on port ${subject.port}`, fr: `Rien n’écoute sur le port ${subject.port}` },
      cause: {
        en: `${subject.unit} listens on port ${first.port} instead.`,
        fr: `${subject.unit} écoute sur le port ${first.port} à la place.`,
      },
      confidence: 'certain',
      evidence: own.slice(0, 3).map(where),
      mend: onUnit(evidence, 'restart', subject.unit, {
        en: `Set PORT=${subject.port} in its environment, then restart it; or send the proxy to ${first.port}.`,
        fr: `Mettez PORT=${subject.port} dans son environnement, puis redémarrez-le ; ou dirigez le proxy vers ${first.port}.`,
      }),
    }
  },
}

export const listeningOnOneAddress: Rule = {
  name: 'listening_on_one_address',
  explains: ['upstream_down', 'http_server_error'],
  find(evidence) {
    const { port } = evidence.subject
    const there = port === null ? [] : listenersOn(evidence, port)
    const [first] = there
    if (!first || there.some(({ address }) => isReachedLocally(address))) return null
    return {
      symptom: { en: `The proxy does not reach port ${port}`, fr: `Le proxy n’atteint pas le port ${port}` },
      cause: {
        en: `It listens on ${first.address} alone, not on 127.0.0.1.`,
        fr: `Il n’écoute que sur ${first.address}, pas sur 127.0.0.1.`,
      },
      confidence: 'likely',
      evidence: there.slice(0, 3).map(where),
      mend: advise(
        'Have it listen on 127.0.0.1 (HOST=127.0.0.1 with most), or send the proxy to that address.',
        'Faites-le écouter sur 127.0.0.1 (souvent HOST=127.0.0.1), ou dirigez le proxy vers cette adresse.',
      ),
    }
  },
}

function isReachedLocally(address: string): boolean {
  return /^(\*|0\.0\.0\.0|\[?::\]?|127\.\d+\.\d+\.\d+|\[?::ffff:127\.\d+\.\d+\.\d+\]?)(%lo)?$/.test(address)
}

export const portNotListening: Rule = {
  name: 'port_not_listening',
  explains: ['upstream_down', 'http_server_error', 'http_no_answer'],
  find(evidence) {
    const { port, unit } = evidence.subject
    if (port === null || evidence.listeners === null || listenersOn(evidence, port).length > 0) return null
    const [en, fr] = [`Nothing listens on port ${port}`, `Rien n’écoute sur le port ${port}`]
    return {
      symptom: { en, fr },
      cause: { en: 'The app is not up, or uses another port.', fr: 'L’app ne tourne pas, ou utilise un autre port.' },
      confidence: 'certain',
      evidence: [`ss -ltn: no listener on port ${port}`],
      mend: unit
        ? onUnit(evidence, 'restart', unit, { en: `Restart ${unit}.`, fr: `Redémarrez ${unit}.` })
        : advise('Start the app and read its log.', 'Démarrez l’app et lisez son journal.'),
    }
  },
}
