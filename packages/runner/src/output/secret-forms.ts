import { saysSecret } from '@ikoma/kernel'

/** Shorter ones would blacken half of every log. */
const minLength = 6
const urlPassword = /:\/\/[^\s/:@]{0,256}:([^\s/]{1,1024})@/g

/** Values in a payload or an environment that their names give away, and passwords inside its URLs. */
export function secretsIn(value: unknown, secret = false): string[] {
  if (typeof value === 'string') {
    const found = [...value.matchAll(urlPassword)].flatMap(([, password = '']) => [password, decoded(password)])
    const passwords = [...new Set(found)]
    return secret ? [value, ...passwords] : passwords
  }
  if (typeof value !== 'object' || value === null) return []
  const entries = Object.entries(value)
  const named = entries.some(([key, item]) => key === 'name' && typeof item === 'string' && saysSecret(item))
  return entries.flatMap(([key, item]) => secretsIn(item, secret || saysSecret(key) || (named && key === 'value')))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Every spelling under which a secret may show up in output, none with a line break inside. */
export function secretForms(secrets: readonly string[]): string[] {
  const forms = new Set<string>()
  for (const secret of secrets) {
    for (const text of [secret, ...secret.split(/\r?\n/)]) {
      for (const form of formsOf(text.trim())) {
        if (form.length >= minLength && !form.includes('\n')) forms.add(form)
      }
    }
  }
  return [...forms]
}

function formsOf(secret: string): string[] {
  if (secret.length < minLength) return []
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const url = encodeURIComponent(secret.toWellFormed())
  return [
    secret,
    ...jsonForms(secret),
    ...quotedForms(secret),
    hex,
    hex.toUpperCase(),
    url,
    encodeURIComponent(url),
    encodeURI(secret.toWellFormed()),
    url.replaceAll('%20', '+'),
    url.replace(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase()),
    ...base64Forms(bytes),
  ]
}

/** As JSON has it, also inside a text of JSON inside another; some write `\/`, some every letter beyond ASCII as `\u…`. */
function jsonForms(secret: string): string[] {
  const once = inJson(secret)
  const twice = inJson(once)
  const ascii = once.replace(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const forms = [once, twice, inJson(twice), ascii, inJson(ascii)]
  return [...forms, once.replaceAll('/', '\\/'), inJson(once.replaceAll('/', '\\/'))]
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** As a shell, SQL, XML and `util.inspect` write it. */
function quotedForms(secret: string): string[] {
  return [
    secret.replaceAll("'", "'\\''"),
    secret.replaceAll("'", "'\"'\"'"),
    secret.replaceAll("'", "''"),
    secret.replaceAll('\\', '\\\\').replaceAll("'", "\\'"),
    secret.replace(/[^A-Za-z0-9_./:=@%+,-]/g, '\\$&'),
    secret.replace(/["$`\\]/g, '\\$&'),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    secret
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;'),
  ]
}

/** In base64 a secret looks different at each of three offsets; only the letters that it alone decides are sure to be there. */
function base64Forms(secret: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), secret]).toString('base64')
    const own = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + secret.length) * 8) / 6))
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
