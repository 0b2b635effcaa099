/**
 * Who holds a token is recorded as `token:<name>`, so a name must tell its holder from everybody else: Latin letters,
 * digits and plain punctuation. Letters of other scripts look like them, and what is invisible makes two of one.
 */
export const tokenNamePattern = /^(?=.*[\p{L}\p{N}])[A-Za-z0-9À-ÖØ-öø-ſ ._@+/()'-]+$/u

/** Names of actors that are no tokens. */
const reserved = ['admin-key', 'control-plane', 'anonymous', 'system', 'root', 'ikoma']

/** Latin letters that NFKD leaves whole, as what they look like; and what looks alike in most typefaces. */
const lookalikes: Record<string, string> = {
  ...{ ı: 'l', ł: 'l', đ: 'd', ð: 'd', ħ: 'h', ŧ: 't', ø: 'o', œ: 'oe', æ: 'ae', ß: 'ss', ĸ: 'k', ŋ: 'n', þ: 'p' },
  ...{ i: 'l', '1': 'l', '0': 'o' },
}

/** What two names have in common that a person could take for one another: case, accents, spaces and lookalikes. */
export function tokenNameKey(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\p{M}\p{C}]/gu, '')
    .toLowerCase()
    .replace(/[\s._-]+/g, '-')
    .replace(/^-|-$/g, '')
    .replace(/./gu, (letter) => lookalikes[letter] ?? letter)
}

const reservedKeys = new Set(reserved.map(tokenNameKey))

export function isReservedTokenName(name: string): boolean {
  return reservedKeys.has(tokenNameKey(name))
}

/** The name of `names` that this one could be taken for. */
export function findSharedName(names: readonly string[], name: string): string | null {
  const key = tokenNameKey(name)
  return names.find((other) => tokenNameKey(other) === key) ?? null
}
