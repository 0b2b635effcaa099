/** Shorter ones would blacken half of every log. */
const minLength = 6
const secretName = /(SECRET|TOKEN|PASS|PWD|KEY|CREDENTIAL)/i
const urlPassword = /:\/\/[^\s/:@]*:([^\s/@]+)@/g

/** Values in a payload that its field names give away, and passwords inside its URLs. */
export function secretsIn(value: unknown, name = ''): string[] {
  if (typeof value === 'string') {
    const passwords = [...value.matchAll(urlPassword)].flatMap(([, password]) => password ?? [])
    return secretName.test(name) ? [value, ...passwords] : passwords
  }
  if (Array.isArray(value)) return value.flatMap((item) => secretsIn(item, name))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => secretsIn(item, key))
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
    JSON.stringify(secret).slice(1, -1),
    hex,
    hex.toUpperCase(),
    url,
    url.replaceAll('%20', '+'),
    url.replace(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase()),
    ...base64Forms(bytes),
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
