import { X509Certificate } from 'node:crypto'

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
    const certificate = new X509Certificate(pem)
    const validTo = new Date(certificate.validTo)
    return {
      subject: nameOf(certificate.subject),
      issuer: nameOf(certificate.issuer),
      names: namesOf(certificate.subjectAltName ?? ''),
      validFrom: new Date(certificate.validFrom).toISOString(),
      validTo: validTo.toISOString(),
      daysLeft: Math.floor((validTo.getTime() - nowMs) / dayMs),
      fingerprint256: certificate.fingerprint256,
    }
  } catch {
    return null
  }
}

/** `CN=R3\nO=Let's Encrypt` as Node gives it: the common name, or what else there is. */
function nameOf(distinguished: string | undefined): string {
  const parts = new Map((distinguished ?? '').split('\n').map((part) => part.split('=', 2) as [string, string]))
  return parts.get('CN') ?? parts.get('O') ?? ''
}

function namesOf(alternative: string): string[] {
  const names = alternative.split(', ').map((entry) => entry.replace(/^(DNS|IP Address):/, ''))
  return names.filter((name) => name !== '').slice(0, maxNames)
}
