import type { Evidence, Listener, LogLine } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { advise, type LogMatch, logRule, matchLogs, newestOf, type Rule, shown } from '../rule.ts'
import { isOpenHere, listenersOn } from './listeners.ts'
import { restart, startOneOf, thenRestart } from './mends.ts'

const badGateway = ['http_server_error'] as const

const host = '(?<host>[\\w.-]+|\\[[0-9a-f:]+\\])'

const refused = [
  new RegExp(`dial tcp ${host}:(?<port>\\d{1,5}): connect: connection refused`),
  new RegExp(
    `connect\\(\\) failed \\(111: [^)]*\\) while connecting to upstream.*upstream: "https?://${host}:(?<port>\\d{1,5})`,
  ),
]

/** The proxy asks one port, the app listens on another. */
export const proxyWrongPort: Rule = {
  name: 'proxy_wrong_port',
  explains: ['upstream_down', ...badGateway],
  find(evidence): Finding | null {
    const [match] = refusedHere(evidence)
    const right = portOfApp(evidence)
    if (!match || right === null || Number(match.groups.port) === right) return null
    const asked = match.groups.port
    return {
      symptom: { en: 'The proxy answers 502', fr: 'Le proxy répond 502' },
      cause: {
        en: `It asks port ${asked}, but the app listens on ${right}.`,
        fr: `Il interroge le port ${asked}, mais l’app écoute sur ${right}.`,
      },
      confidence: isSaidNow(evidence, match.line) ? 'certain' : 'likely',
      evidence: [...shown([match.line]), `ss -ltn: port ${right} listens, port ${asked} does not`],
      mend: advise(
        `Apply its route again with the upstream 127.0.0.1:${right} (platform.caddy.route.apply or platform.nginx.site.apply).`,
        `Réappliquez sa route avec l’amont 127.0.0.1:${right} (platform.caddy.route.apply ou platform.nginx.site.apply).`,
      ),
    }
  },
}

export const upstreamDown: Rule = {
  name: 'upstream_down',
  explains: badGateway,
  find(evidence): Finding | null {
    const matches = refusedHere(evidence)
    const [first] = matches
    if (!first) return null
    const at = `${first.groups.host}:${first.groups.port}`
    return {
      symptom: { en: 'The proxy answers 502', fr: 'Le proxy répond 502' },
      cause: {
        en: `Nothing answers it at ${at}: the app is down.`,
        fr: `Rien ne lui répond à ${at} : l’app est arrêtée.`,
      },
      confidence:
        isSaidNow(evidence, first.line) && openHere(evidence, first.groups, first.line.source) === false
          ? 'certain'
          : 'likely',
      at: newestOf(matches.map(({ line }) => line)),
      evidence: shown(matches.map(({ line }) => line)),
      mend: thenRestart(evidence, {
        en: 'Read the app’s log, then restart it.',
        fr: 'Lisez le journal de l’app, puis redémarrez-la.',
      }),
    }
  },
}

/** Refusals by the proxy's upstreams that still hold. */
function refusedHere(evidence: Evidence): LogMatch[] {
  return matchLogs(evidence, refused).filter(
    ({ groups, line }) =>
      isProxy(line.source) && !answers(evidence) && openHere(evidence, groups, line.source) !== true,
  )
}

const openHere = (evidence: Evidence, { host = '', port }: LogMatch['groups'], source: string) =>
  isOpenHere(evidence, { host, port: Number(port), source })

/** The site is served by now, whatever its proxy has said. */
function answers({ http }: Evidence): boolean {
  return http !== null && 'status' in http && http.status < 500
}

/** It has answered so just now, and said this of it; times of nginx are whole seconds. */
function isSaidNow({ http, askedAt }: Evidence, { at }: LogLine): boolean {
  const isGateway = http !== null && 'status' in http && [502, 503, 504].includes(http.status)
  return isGateway && at != null && at >= askedAt - 1000
}

function isProxy(source: string): boolean {
  return /caddy|nginx|traefik|proxy/.test(source)
}

function portOfApp(evidence: Evidence): number | null {
  const { subject, listeners } = evidence
  const isOwn = ({ unit }: Listener) => subject.unit === null || unit === null || unit === subject.unit
  if (subject.port !== null && listenersOn(evidence, subject.port).some(isOwn)) return subject.port
  const own = (listeners ?? []).filter(({ unit }) => unit !== null && unit === subject.unit)
  return own.length === 1 ? (own[0]?.port ?? null) : null
}

export const upstreamUnknown = logRule({
  name: 'upstream_unknown',
  patterns: [
    /host not found in upstream "(?<host>[^"]+)"/,
    /dial tcp: lookup (?<host>[\w.-]+)(?: on \S+)?: (?:no such host|server misbehaving)/,
  ],
  explains: ['upstream_down', 'proxy_down', ...badGateway],
  isOver: ({ evidence }) => answers(evidence),
  symptom: { en: 'The proxy does not find the app', fr: 'Le proxy ne trouve pas l’app' },
  cause: ({ groups }) => ({
    en: `The name ${groups.host} leads nowhere from the proxy: not on its network, or not up.`,
    fr: `Le nom ${groups.host} ne mène nulle part depuis le proxy : hors de son réseau, ou arrêté.`,
  }),
  mend: () =>
    advise(
      'Put both on one compose network and start the app first, or use 127.0.0.1 and its published port.',
      'Placez les deux sur un même réseau compose et démarrez l’app d’abord, ou utilisez 127.0.0.1 et son port publié.',
    ),
})

export const upstreamSlow = logRule({
  name: 'upstream_slow',
  patterns: [/upstream timed out \(110: [^)]*\)/, /net\/http: timeout awaiting response headers/],
  explains: badGateway,
  isOver: ({ evidence }) => answers(evidence),
  symptom: { en: 'The proxy answers 504', fr: 'Le proxy répond 504' },
  cause: () => ({
    en: 'The app accepts requests, but does not answer in time.',
    fr: 'L’app accepte les requêtes, mais ne répond pas à temps.',
  }),
  mend: ({ evidence }) =>
    restart(evidence, {
      en: 'Look for what it waits for (database, another service, a full processor); a restart may free it.',
      fr: 'Cherchez ce qu’elle attend (base, autre service, processeur saturé) ; un redémarrage peut la libérer.',
    }),
})

export const proxyConfigBroken = logRule({
  name: 'proxy_config_broken',
  patterns: [
    /\[emerg\] (?:\d+#\d+: )?(?!bind\(\)|host not found in upstream|still could not bind)(?<said>.{1,160})/,
    /adapting config using caddyfile: (?<said>.{1,160})/,
  ],
  explains: ['proxy_down', ...badGateway],
  isOver: wasReadSince,
  symptom: { en: 'The proxy does not take its configuration', fr: 'Le proxy refuse sa configuration' },
  cause: ({ groups }) => ({ en: `It says: ${groups.said}`, fr: `Il dit : ${groups.said}` }),
  mend: () =>
    advise(
      'Correct that line, or apply the route again by an order, which checks before it reloads.',
      'Corrigez cette ligne, ou réappliquez la route par un ordre, qui vérifie avant de recharger.',
    ),
})

/** It has taken a configuration after that line. */
function wasReadSince({ evidence, line }: LogMatch): boolean {
  const { at } = line
  return evidence.logs.some(
    (each) =>
      each.source === line.source &&
      (each.at ?? 0) > (at ?? Number.POSITIVE_INFINITY) &&
      /^(Reloaded|Started) |signal \d+ \(SIGHUP\) received, reconfiguring|load complete/.test(each.text),
  )
}

const proxyUnits = ['caddy.service', 'nginx.service']

export const proxyDown: Rule = {
  name: 'proxy_down',
  explains: ['http_no_answer', 'acme_unreachable', 'tls_not_ready', 'certificate_expired'],
  find(evidence): Finding | null {
    const { subject, listeners } = evidence
    if (subject.domain === null || listeners === null || listenersOn(evidence, 443).length > 0) return null
    // It may be reached through a tunnel.
    if (answers(evidence)) return null
    const states = proxyUnits
      .filter((unit) => evidence.services[unit])
      .map((unit) => `${unit}: ${evidence.services[unit]}`)
    return {
      symptom: { en: 'The site does not answer', fr: 'Le site ne répond pas' },
      cause: { en: 'No proxy listens on port 443.', fr: 'Aucun proxy n’écoute sur le port 443.' },
      confidence: 'certain',
      evidence: ['ss -ltn: no listener on port 443', ...states],
      mend: startOneOf(evidence, proxyUnits, {
        en: 'Start the proxy, or install one (an order of the type platform.caddy.install).',
        fr: 'Démarrez le proxy, ou installez-en un (un ordre de type platform.caddy.install).',
      }),
    }
  },
}

export const httpServerError: Rule = {
  name: 'http_server_error',
  explains: [],
  find(evidence): Finding | null {
    const { http } = evidence
    if (!http || !('status' in http) || http.status < 500) return null
    const gateway = [502, 503, 504].includes(http.status)
    return {
      symptom: { en: `The address answers ${http.status}`, fr: `L’adresse répond ${http.status}` },
      cause: gateway
        ? { en: 'The proxy gets no answer from the app.', fr: 'Le proxy n’obtient pas de réponse de l’app.' }
        : { en: 'The app fails while it answers.', fr: 'L’app échoue en répondant.' },
      confidence: 'certain',
      evidence: [`GET ${http.url}: ${http.status}${http.server ? `, server ${http.server}` : ''}`],
      mend: thenRestart(evidence, {
        en: 'Read the logs of the app and of the proxy, then restart the app.',
        fr: 'Lisez les journaux de l’app et du proxy, puis redémarrez l’app.',
      }),
    }
  },
}

export const httpNoAnswer: Rule = {
  name: 'http_no_answer',
  explains: [],
  find({ http, tls }): Finding | null {
    if (!http || !('failure' in http)) return null
    // Many networks do not let a server reach its own public address.
    const fromInside = tls?.problem === null && ['timeout', 'unreachable'].includes(http.failure)
    return {
      symptom: { en: 'The address does not answer', fr: 'L’adresse ne répond pas' },
      cause: { en: http.message, fr: `Échec : ${http.failure}.` },
      confidence: fromInside ? 'possible' : 'certain',
      evidence: [`GET ${http.url}: ${http.failure}`],
      mend: advise(
        'Follow it from the outside in: name, firewall, proxy, app; and ask it from another machine.',
        'Suivez-la de l’extérieur vers l’intérieur : nom, pare-feu, proxy, app ; et essayez d’une autre machine.',
      ),
    }
  },
}
