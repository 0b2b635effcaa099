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
  const validTo = new Date(certificate.valid_to)
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: namesOf(certificate.subjectaltname ?? ''),
    validFrom: new Date(certificate.valid_from).toISOString(),
    validTo: validTo.toISOString(),
    daysLeft: Math.floor((validTo.getTime() - nowMs) / dayMs),
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

/** What a certificate is to whoever wants it to last so many days more. */
export function validityOf({ daysLeft }: Certificate, leastDays: number): 'valid' | 'expires_soon' | 'expired' {
  if (daysLeft < 0) return 'expired'
  return daysLeft < leastDays ? 'expires_soon' : 'valid'
}
