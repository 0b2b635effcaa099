import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** A certificate of its own making for these names, and its key, as PEM. */
export function selfSigned(names: readonly string[], days: number): { certificate: string; key: string } {
  const place = mkdtempSync(join(tmpdir(), 'ikoma-self-signed-'))
  const key = join(place, 'key.pem')
  const alternative = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`
  const subject = ['-subj', `/CN=${names[0]}/O=IKOMA`, '-days', String(days), '-addext', alternative]
  try {
    const made = spawnSync('openssl', ['req', '-x509', ...algorithm, ...subject, '-keyout', key], { encoding: 'utf8' })
    if (made.status !== 0) throw new Error(made.stderr)
    return { certificate: made.stdout, key: readFileSync(key, 'utf8') }
  } finally {
    rmSync(place, { recursive: true })
  }
}
