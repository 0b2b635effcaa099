import { type Certificate, readCertificate, validityOf } from '../certificate.ts'
import type { Host } from '../host.ts'
import type { Change, Desired } from '../plan.ts'
import { refuseTurnable } from '../safety/index.ts'
import { directory, file, ownAccount } from '../system/index.ts'
import { acmeDirectoryOf, type CertbotRequest, directoryUrlOf, requestCertificate } from './certbot.ts'
import { type CertbotPlaces, certbotPlaces } from './places.ts'
import { refuseForeignWebroot } from './webroots.ts'

const rootOwned = { owner: 'root', group: 'root' }

/** What Let's Encrypt warned of by mail, and longer than certbot's timer needs, which renews from thirty days on. */
export const warningDays = 21

/** A certificate for exactly these domains, of this authority, that lasts longer than the warning. */
export function certbotCertificate(request: CertbotRequest, places = certbotPlaces): Desired {
  return async (host) => {
    await refuseForeignWebroot(host, request.webroot)
    const { directoryRootFile } = request
    if (directoryRootFile !== undefined) await refuseTurnable(host, directoryRootFile, (await ownAccount()).owner)
    const before = await stateOf(host, request.name, places)
    const why = reasonToIssue(before, request)
    if (why === null) return []
    const issued: Change = {
      title: `get the certificate ${request.name} for ${request.domains.join(', ')} from ${acmeDirectoryOf(request)}: ${why}`,
      diff: null,
      apply: (on) => requestCertificate(on, request, places),
      undo: null,
    }
    return [issued]
  }
}

/** Certbot's own timer renews; nginx has to be told. Certbot runs what is in this folder after each renewal. */
export function nginxRenewalHook(places = certbotPlaces): Desired[] {
  const folders = ['', '/renewal-hooks', '/renewal-hooks/deploy'].map((folder) => `${places.config}${folder}`)
  const path = `${folders.at(-1)}/ikoma-reload-nginx`
  const content = '#!/bin/sh\nexec systemctl reload nginx.service\n'
  return [
    ...folders.map((folder) => directory({ path: folder, mode: 0o755, ...rootOwned })),
    file({ path, content, mode: 0o755, ...rootOwned }),
  ]
}

/** Paths that stay the same when it is renewed. */
export function certificateFiles(name: string, places = certbotPlaces): { chainFile: string; keyFile: string } {
  const folder = `${places.config}/live/${name}`
  return { chainFile: `${folder}/fullchain.pem`, keyFile: `${folder}/privkey.pem` }
}

interface State {
  certificate: Certificate | null
  directoryUrl: string | null
}

async function stateOf(host: Host, name: string, places: CertbotPlaces): Promise<State> {
  const pem = await host.read(certificateFiles(name, places).chainFile)
  return {
    certificate: pem === null ? null : readCertificate(pem, Date.now()),
    directoryUrl: await directoryUrlOf(host, name, places),
  }
}

function reasonToIssue({ certificate, directoryUrl }: State, request: CertbotRequest): string | null {
  if (certificate === null) return 'there is none'
  if (certificate.names.toSorted().join() !== request.domains.toSorted().join()) {
    return `that there is is for ${certificate.names.join(', ')}`
  }
  if (directoryUrl !== acmeDirectoryOf(request))
    return `that there is is from ${directoryUrl ?? 'an unknown authority'}`
  return validityOf(certificate, warningDays) === 'valid' ? null : `it ends in ${certificate.daysLeft} days`
}
