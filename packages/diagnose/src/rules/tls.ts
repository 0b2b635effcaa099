import type { Evidence, TlsAnswer } from '../evidence.ts'
import type { Finding, Mend, Words } from '../finding.ts'
import { advise, type LogMatch, logRule, place, type Rule } from '../rule.ts'
import { listenersOn } from './listeners.ts'

const symptom: Words = { en: 'HTTPS does not work', fr: 'HTTPS ne fonctionne pas' }

interface Trouble {
  name: string
  explains: readonly string[]
  /** Codes that the TLS check answers with. */
  problems: readonly string[]
  cause(domain: string, tls: TlsAnswer): Words
  mend(domain: string, evidence: Evidence): Mend
}

const noAnswer = ['http_no_answer'] as const

const troubles: Trouble[] = [
  {
    name: 'certificate_expired',
    explains: noAnswer,
    problems: ['certificate_expired'],
    cause: (domain) => ({
      en: `The certificate of ${domain} has expired: its renewal failed, or the proxy still has the old one.`,
      fr: `Le certificat de ${domain} a expiré : son renouvellement a échoué, ou le proxy garde l’ancien.`,
    }),
    mend: renew,
  },
  {
    name: 'certificate_expires_soon',
    explains: [],
    problems: ['certificate_expires_soon'],
    cause: (domain, { daysLeft }) => ({
      en: `The certificate of ${domain} ends in ${daysLeft} days and was not renewed yet.`,
      fr: `Le certificat de ${domain} expire dans ${daysLeft} jours et n’est pas encore renouvelé.`,
    }),
    mend: renew,
  },
  {
    name: 'certificate_wrong_name',
    explains: noAnswer,
    problems: ['name_mismatch'],
    cause: (domain) => ({
      en: `The proxy has no site for ${domain} and shows the certificate of another name.`,
      fr: `Le proxy n’a pas de site pour ${domain} et montre le certificat d’un autre nom.`,
    }),
    mend: (domain) =>
      advise(
        `Apply a route for ${domain} (an order platform.caddy.route.apply or platform.nginx.site.apply).`,
        `Appliquez une route pour ${domain} (un ordre platform.caddy.route.apply ou platform.nginx.site.apply).`,
      ),
  },
  {
    name: 'certificate_untrusted',
    explains: noAnswer,
    problems: ['untrusted_certificate'],
    cause: (domain, { issuer }) => ({
      en: `The certificate of ${domain} is from ${issuer || 'nobody that is trusted'}: self-signed, or from a staging authority.`,
      fr: `Le certificat de ${domain} vient de ${issuer || 'personne de reconnu'} : auto-signé, ou d’une autorité d’essai.`,
    }),
    mend: issue,
  },
  {
    name: 'tls_not_ready',
    explains: noAnswer,
    problems: ['tls_failed', 'connection_reset'],
    cause: (domain) => ({
      en: `Port 443 answers, but has no certificate for ${domain} yet.`,
      fr: `Le port 443 répond, mais n’a pas encore de certificat pour ${domain}.`,
    }),
    mend: issue,
  },
]

export const tlsTroubles: Rule[] = troubles.map(({ name, explains, problems, cause, mend }) => ({
  name,
  explains,
  find(evidence): Finding | null {
    const { subject, tls } = evidence
    if (!tls?.problem || subject.domain === null || !problems.includes(tls.problem)) return null
    return {
      symptom: name === 'certificate_expires_soon' ? soon : symptom,
      cause: cause(subject.domain, tls),
      confidence: 'certain',
      evidence: [`tls 127.0.0.1:443: ${tls.problem}, ${tls.message.replace(/\s+/g, ' ').slice(0, 200)}`],
      mend: mend(subject.domain, evidence),
    }
  },
}))

const soon: Words = { en: 'HTTPS will stop working', fr: 'HTTPS va cesser de fonctionner' }

/** certbot keeps what nginx serves; Caddy renews its own by itself. */
function renew(domain: string, evidence: Evidence): Mend {
  if (proxyOf(evidence) === 'nginx.service') {
    return place('tls.certificate.renew', {}, { en: 'Renew what is due.', fr: 'Renouvelez ce qui doit l’être.' })
  }
  return advise(
    `See in its log why ${domain} was not renewed, mend that, then have the proxy read its certificates again.`,
    `Voyez dans son journal pourquoi ${domain} n’a pas été renouvelé, réparez, puis faites relire ses certificats au proxy.`,
  )
}

function issue(domain: string, evidence: Evidence): Mend {
  const [en, fr] = [`Have one issued for ${domain}`, `Faites-en émettre un pour ${domain}`]
  const type = proxyOf(evidence) === 'nginx.service' ? 'tls.certificate.issue' : 'platform.caddy.route.apply'
  return advise(
    `${en} (an order of the type ${type}); ports 80 and 443 must be open and the name lead here.`,
    `${fr} (un ordre de type ${type}) ; les ports 80 et 443 doivent être ouverts et le nom mener ici.`,
  )
}

function proxyOf(evidence: Evidence): string | null {
  return listenersOn(evidence, 443)[0]?.unit ?? null
}

const certificateTroubles = [
  'certificate_expired',
  'certificate_expires_soon',
  'certificate_untrusted',
  'tls_not_ready',
]
const acmeSymptom: Words = { en: 'No certificate is issued', fr: 'Aucun certificat n’est émis' }

/** A certificate is served that is good: whatever kept it away is over. */
function isServedNow({ evidence }: LogMatch): boolean {
  return evidence.tls?.problem === null
}

export const acmeUnreachable = logRule({
  name: 'acme_unreachable',
  patterns: [/acme:error:connection|Timeout during connect \(likely firewall problem\)/],
  explains: [...certificateTroubles, 'acme_failed'],
  symptom: acmeSymptom,
  isOver: isServedNow,
  cause: () => ({
    en: 'The authority could not reach this server on port 80 or 443.',
    fr: 'L’autorité n’a pas pu joindre ce serveur sur le port 80 ou 443.',
  }),
  mend: () =>
    advise(
      'Open 80/tcp and 443/tcp here (an order firewall.ufw.apply) and in the provider’s firewall.',
      'Ouvrez 80/tcp et 443/tcp ici (un ordre firewall.ufw.apply) et dans le pare-feu de l’hébergeur.',
    ),
})

export const acmeDns = logRule({
  name: 'acme_dns',
  patterns: [/acme:error:dns|DNS problem: (?:NXDOMAIN|SERVFAIL)|no valid A(?:AAA)? records found for/],
  explains: [...certificateTroubles, 'acme_failed'],
  symptom: acmeSymptom,
  isOver: isServedNow,
  cause: () => ({
    en: 'The authority found no address for the name.',
    fr: 'L’autorité n’a trouvé aucune adresse pour le nom.',
  }),
  mend: () =>
    advise(
      'Set the A record (and AAAA, or none) to this server, wait until it has spread, then try again.',
      'Pointez l’enregistrement A (et AAAA, ou aucun) vers ce serveur, attendez sa propagation, puis réessayez.',
    ),
})

export const acmeUnauthorized = logRule({
  name: 'acme_unauthorized',
  patterns: [/acme:error:unauthorized|Invalid response from https?:\/\/\S+\/\.well-known\/acme-challenge\//],
  explains: [...certificateTroubles, 'acme_failed'],
  symptom: acmeSymptom,
  isOver: isServedNow,
  cause: () => ({
    en: 'Another server, or another site of this one, answered the challenge.',
    fr: 'Un autre serveur, ou un autre site de celui-ci, a répondu au défi.',
  }),
  mend: () =>
    advise(
      'Check where the name leads, that nothing else answers on port 80, and the webroot of the challenge.',
      'Vérifiez où mène le nom, que rien d’autre ne répond sur le port 80, et le webroot du défi.',
    ),
})

export const acmeRateLimited = logRule({
  name: 'acme_rate_limited',
  patterns: [/acme:error:rateLimited|too many certificates(?: \(\d+\))? already issued|too many failed authorizations/],
  explains: [...certificateTroubles, 'acme_failed'],
  symptom: acmeSymptom,
  isOver: isServedNow,
  cause: () => ({
    en: 'The authority refuses more attempts for a while.',
    fr: 'L’autorité refuse d’autres essais pour un temps.',
  }),
  mend: () =>
    advise(
      'Wait until the time that it names, mend the cause meanwhile, and try with the staging authority first.',
      'Attendez l’heure indiquée, réparez la cause entre-temps, et essayez d’abord avec l’autorité d’essai.',
    ),
})

export const acmeFailed = logRule({
  name: 'acme_failed',
  patterns: [
    /could not get certificate from issuer|will retry.*obtain|challenge failed/,
    /Certbot failed to authenticate some domains|Some challenges have failed/,
    /Failed to renew certificate (?<certificate>\S+)/,
  ],
  explains: certificateTroubles,
  symptom: acmeSymptom,
  isOver: isServedNow,
  cause: () => ({ en: 'The authority refused it.', fr: 'L’autorité l’a refusé.' }),
  mend: () =>
    advise(
      'Read the detail below: the name must lead here, and ports 80 and 443 be open.',
      'Lisez le détail ci-dessous : le nom doit mener ici, et les ports 80 et 443 être ouverts.',
    ),
})
