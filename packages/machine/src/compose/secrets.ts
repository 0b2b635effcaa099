import type { Variables } from './interpolation.ts'

const minCharacters = 6
const secretName = /SECRET|TOKEN|PASS|PWD|KEY|CREDENTIAL|LOGIN|COOKIE|AUTH|PIN$|SALT|PRIVATE|DSN/i

/** Hiding them would blacken half of every log and tell nobody anything: words, paths, numbers, names of hosts. */
const ordinary = [
  /^[a-z]{1,14}([-_. ][a-z]{1,14}){0,2}$/i,
  /^\/[\w./-]*$/,
  /^[\d.,:]+(s|m|h|d|k|g|kb|mb|gb)?$/i,
  /^[a-z][a-z0-9+-]*:\/\/[\w.-]+(:\d{1,5})?(\/[\w./-]*)?$/,
  /^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?$/,
]

/** Values of variables that are, or may be, secrets: all but those of ordinary names and looks. */
export function secretsOf(variables: Variables): string[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    if (value.trim().length < minCharacters) return []
    const passwords = [...value.matchAll(/:\/\/[^\s/:@]*:([^\s/@]+)@/g)].flatMap(([, password]) => password ?? [])
    const plain = !secretName.test(name) && ordinary.some((look) => look.test(value))
    return plain ? passwords : [value, ...passwords]
  })
}
