import { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from 'node:tls'

export interface Certificate {
  subject: string
  issuer: string
  /** Domains and IP addresses it is for. */
  names: string[]
  validFrom: string
  validTo: string
  /** Whole days; negative once it has expired. */
  daysLeft: number
  /** How much of its life is left, in percent; 0 once it has expired. */
  lifeLeftPercent: number
  fingerprint256: string
}

const dayMs = 24 * 3_600_000
const maxNames = 100

/** The first certificate of a PEM file, which in a chain is the server's own; null when there is none that can be read. */
export function readCertificate(pem: string, nowMs: number): Certificate | null {
  try {
    return describeCertificate(new X509Certificate(pem).toLegacyObject(), nowMs)
  } catch {
    return null
  }
}

/** As TLS gives the one that a server shows. */
export function describeCertificate(certificate: PeerCertificate, nowMs: number): Certificate {
  const [validFrom, validTo] = [new Date(certificate.valid_from), new Date(certificate.valid_to)]
  const leftMs = Math.max(0, validTo.getTime() - nowMs)
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: namesOf(certificate.subjectaltname ?? ''),
    validFrom: validFrom.toISOString(),
    validTo: validTo.toISOString(),
    daysLeft: Math.floor((validTo.getTime() - nowMs) / dayMs),
    lifeLeftPercent: Math.min(100, Math.round((100 * leftMs) / Math.max(1, validTo.getTime() - validFrom.getTime()))),
    fingerprint256: certificate.fingerprint256,
  }
}

/** The common name, or what else there is. */
function nameOf(part: PeerCertificate['subject'] | undefined): string {
  return [part?.CN, part?.O].flat().find((name) => name) ?? ''
}

function namesOf(alternative: string): string[] {
  const names = alternative.split(', ').map((entry) => entry.replace(/^(DNS|IP Address):/, ''))
  return names.filter((name) => name !== '').slice(0, maxNames)
}

type Lasting = Pick<Certificate, 'validFrom' | 'validTo' | 'daysLeft' | 'lifeLeftPercent'>

/** Who renews at a third of a life has this much of it left for a warning. */
const leastPercent = 25
const longLivedFactor = 2.8

/**
 * What a certificate is to whoever wants it to last so many days more. One that lives hardly longer than they are, such as one
 * for six days, or for twelve hours inside a house, would never last so long: it is judged by its own life.
 */
export function validityOf(certificate: Lasting, leastDays: number): 'valid' | 'expires_soon' | 'expired' {
  const { validFrom, validTo, daysLeft, lifeLeftPercent } = certificate
  if (daysLeft < 0) return 'expired'
  const lifeDays = (Date.parse(validTo) - Date.parse(validFrom)) / dayMs
  const isSoon = lifeDays < leastDays * longLivedFactor ? lifeLeftPercent < leastPercent : daysLeft < leastDays
  return isSoon ? 'expires_soon' : 'valid'
}
