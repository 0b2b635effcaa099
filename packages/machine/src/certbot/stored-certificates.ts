import { type Certificate, readCertificate } from '../certificate.ts'
import type { Host } from '../host.ts'
import { certbotPlaces } from './places.ts'

export interface StoredCertificate extends Certificate {
  keptBy: 'certbot' | 'caddy'
  file: string
}

export interface CertificatePlaces {
  certbot: string
  caddy: string
}

/** Where Debian's packages of certbot and Caddy keep certificates. */
export const certificatePlaces: CertificatePlaces = {
  certbot: `${certbotPlaces.config}/live`,
  caddy: '/var/lib/caddy/.local/share/caddy/certificates',
}

/** The certificates that certbot and Caddy keep on this machine, and the files of theirs that hold none. */
export async function listCertificates(
  host: Host,
  places = certificatePlaces,
): Promise<{ certificates: StoredCertificate[]; unreadable: string[] }> {
  const certificates: StoredCertificate[] = []
  const unreadable: string[] = []
  for (const { keptBy, file } of [...(await certbotFiles(host, places)), ...(await caddyFiles(host, places))]) {
    // A link that leads nowhere is named, not left out.
    const pem = await host.read(file).catch(() => null)
    const certificate = pem === null ? null : readCertificate(pem, Date.now())
    if (certificate) certificates.push({ keptBy, file, ...certificate })
    else unreadable.push(file)
  }
  return { certificates, unreadable }
}

type File = Pick<StoredCertificate, 'keptBy' | 'file'>

/** A folder for each, beside a README; one that is gone is known by what certbot would renew. */
async function certbotFiles(host: Host, { certbot }: CertificatePlaces): Promise<File[]> {
  const live = (await host.list(certbot)).filter((name) => name !== 'README')
  const renewed = await host.list(certbot.replace(/\/live$/, '/renewal'))
  const names = new Set([...live, ...renewed.flatMap((file) => /^(.+)\.conf$/.exec(file)?.[1] ?? [])])
  return [...names].map((name) => ({ keptBy: 'certbot', file: `${certbot}/${name}/fullchain.pem` }))
}

/** A folder for each authority, and in it one for each name. */
async function caddyFiles(host: Host, { caddy }: CertificatePlaces): Promise<File[]> {
  const files: File[] = []
  for (const authority of await host.list(caddy)) {
    for (const name of await host.list(`${caddy}/${authority}`)) {
      files.push({ keptBy: 'caddy', file: `${caddy}/${authority}/${name}/${name}.crt` })
    }
  }
  return files
}
