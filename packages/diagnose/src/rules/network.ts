import type { Finding } from '../finding.ts'
import { advise, type Rule } from '../rule.ts'

const certificates = [
  ...['acme_dns', 'acme_unauthorized', 'acme_unreachable', 'acme_failed'],
  ...['certificate_wrong_name', 'certificate_expired', 'tls_not_ready', 'http_no_answer'],
]

export const dnsMissing: Rule = {
  name: 'dns_missing',
  explains: certificates,
  find({ subject, dns }): Finding | null {
    if (subject.domain === null || !dns || !['name_not_found', 'no_answer'].includes(dns.failure ?? '')) return null
    return {
      symptom: { en: `${subject.domain} leads nowhere`, fr: `${subject.domain} ne mène nulle part` },
      cause: { en: 'The name has no A or AAAA record.', fr: 'Le nom n’a pas d’enregistrement A ni AAAA.' },
      confidence: 'certain',
      evidence: [`dns ${subject.domain}: ${dns.failure}`],
      mend: advise(
        `Add an A record for it that leads to ${here(dns.own, subject.addresses)}.`,
        `Ajoutez un enregistrement A qui mène à ${here(dns.own, subject.addresses, 'ce serveur')}.`,
      ),
    }
  },
}

export const dnsElsewhere: Rule = {
  name: 'dns_elsewhere',
  explains: certificates,
  find({ subject, dns }): Finding | null {
    if (subject.domain === null || !dns || dns.answers.length === 0) return null
    const own = subject.addresses.length > 0 ? subject.addresses : dns.own.filter(isPublic)
    // Behind NAT a server does not know how the world sees it.
    if (own.length === 0 || dns.answers.some((answer) => own.includes(answer))) return null
    return {
      symptom: { en: `${subject.domain} does not lead here`, fr: `${subject.domain} ne mène pas ici` },
      cause: {
        en: `It leads to ${dns.answers.join(', ')}; this server is ${own.join(', ')}.`,
        fr: `Il mène à ${dns.answers.join(', ')} ; ce serveur est ${own.join(', ')}.`,
      },
      // A proxy network in front of the server looks the same.
      confidence: 'likely',
      evidence: [`dns ${subject.domain}: ${dns.answers.join(', ')}`, `this server: ${own.join(', ')}`],
      mend: advise(
        `Set its A record to ${own[0]}, unless a CDN stands in front on purpose.`,
        `Pointez son enregistrement A vers ${own[0]}, sauf si un CDN est placé devant exprès.`,
      ),
    }
  },
}

export const firewallClosed: Rule = {
  name: 'firewall_closed',
  explains: ['acme_unreachable', 'acme_failed', 'tls_not_ready', 'http_no_answer'],
  find({ subject, firewall }): Finding | null {
    if (subject.domain === null || !firewall?.active) return null
    const closed = [80, 443].filter((port) => !firewall.openPorts.includes(port))
    if (closed.length === 0) return null
    const ports = closed.join(', ')
    return {
      symptom: { en: 'The site cannot be reached from outside', fr: 'Le site est injoignable de l’extérieur' },
      cause: {
        en: `The firewall lets nobody in on ${ports}.`,
        fr: `Le pare-feu ne laisse entrer personne sur ${ports}.`,
      },
      // With 443 open the site is there, if only for those who ask for it so.
      confidence: closed.includes(443) ? 'certain' : 'possible',
      evidence: [`ufw: active, no rule that opens ${ports}/tcp to all`],
      mend: advise(
        `Open it with an order of the type firewall.ufw.apply that also keeps SSH. Command: ufw allow ${closed[0]}/tcp`,
        `Ouvrez-le par un ordre firewall.ufw.apply qui garde aussi SSH. Commande : ufw allow ${closed[0]}/tcp`,
      ),
    }
  },
}

export const portsPastFirewall: Rule = {
  name: 'ports_past_firewall',
  explains: [],
  find({ pastFirewall }): Finding | null {
    const ports = pastFirewall?.ports ?? []
    if (ports.length === 0) return null
    const containers = [...new Set(ports.map((each) => each.split(':')[0]))].slice(0, 10).join(', ')
    return {
      symptom: { en: 'Ports are open past the firewall', fr: 'Des ports sont ouverts malgré le pare-feu' },
      cause: {
        en: `Docker lets everybody in to what ${containers} publishes: its own rules come before those of ufw.`,
        fr: `Docker laisse entrer tout le monde vers ce que publie ${containers} : ses règles passent avant celles d’ufw.`,
      },
      confidence: 'certain',
      evidence: ports.slice(0, 10).map((each) => `docker, ${each}`),
      mend: advise(
        'Publish them on 127.0.0.1 ("127.0.0.1:8000:80") and have a proxy in front, or add a rule that opens them if they are meant to be.',
        'Publiez-les sur 127.0.0.1 (« 127.0.0.1:8000:80 ») derrière un proxy, ou ajoutez une règle qui les ouvre si c’est voulu.',
      ),
    }
  },
}

function here(own: readonly string[], given: readonly string[], otherwise = 'this server'): string {
  return given[0] ?? own.find(isPublic) ?? otherwise
}

const notPublic =
  /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1$|f[cde])/i

function isPublic(address: string): boolean {
  return !notPublic.test(address)
}
