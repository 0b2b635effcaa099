import { describe, inject } from 'vitest'
import { acmeName } from './acme.ts'
import { dockerAt } from './docker.ts'
import { type Host, startHost } from './host.ts'

/** Tests that need a systemd host; skipped where none can be made and nobody insists. */
export const onHost: typeof describe.skip = inject('vps') === null ? describe.skip : describe

/** A Debian host as its hoster hands it over. */
export function newBareHost(): Promise<Host> {
  const vps = inject('vps')
  if (vps === null) throw new Error('No host can be made on this machine.')
  return startHost(dockerAt(vps.dockerHost), { image: vps.image, names: [acmeName] })
}
