/** Why an authority gave no certificate, as certbot tells it. */
export interface AcmeProblem {
  reason: 'acme_challenge_failed' | 'acme_limit' | 'webroot_missing'
  message: string
  /** The domains whose validation failed, which the authority counts. */
  failed: string[]
}

/** Null where it may be over the next time, such as an authority that does not answer. */
export function acmeProblemIn(said: string): AcmeProblem | null {
  const told = [...said.matchAll(/^ *Domain: *(\S+)\n *Type: *(\S+)\n *Detail: *([^\n]+)/gm)]
  if (told.length > 0) {
    const causes = told.map(([, domain = '', type = '', detail = '']) => `${domain}: ${causeOf(type)}${detail.trim()}`)
    const message = `The authority could not see that the server is ${told.length === 1 ? 'it' : 'them'}. ${causes.join(' ')}`
    return { reason: 'acme_challenge_failed', message: cut(message), failed: told.map(([, domain = '']) => domain) }
  }
  const limit =
    /^.*(?:rateLimited|too many (?:certificates|failed authorizations|new orders|registrations))[^\n]*$/im.exec(said)
  if (limit)
    return { reason: 'acme_limit', message: cut(`The authority gives no more for now: ${limit[0].trim()}`), failed: [] }
  const webroot = /(\/\S*) does not exist or is not a directory/.exec(said)
  if (webroot === null) return null
  const message = `${webroot[1]}, where answers to the authority are put, is not there. Apply the site that serves it first.`
  return { reason: 'webroot_missing', message, failed: [] }
}

/** https://www.rfc-editor.org/rfc/rfc8555#section-6.7 */
const causes: Record<string, string> = {
  dns: 'its name leads nowhere, or not here. ',
  connection: 'nobody answered there on port 80. ',
  unauthorized: 'another answer came than ours, from another server or site. ',
  caa: 'its CAA records do not allow this authority. ',
}

const causeOf = (type: string) => causes[type] ?? `${type}. `
const cut = (text: string) => text.slice(0, 1_500)
