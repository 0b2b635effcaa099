import { spawnSync } from 'node:child_process'

const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null']

/** A certificate as PEM that was made for this test; its key is thrown away. */
export function selfSigned(names: readonly string[], days: number): string {
  const alternative = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`
  const subject = ['-subj', `/CN=${names[0]}/O=IKOMA`, '-days', String(days), '-addext', alternative]
  const made = spawnSync('openssl', ['req', '-x509', ...algorithm, ...subject], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(made.stderr)
  return made.stdout
}
