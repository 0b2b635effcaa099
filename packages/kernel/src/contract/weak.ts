/** What people write where a secret should stand, in the languages of the house. Longer words first: they hold others. */
const words =
  `motdepasse password passwort passphrase passwd passw pass changeme change replaceme replace remplacer remplacez
  changer changez secret secrete supersecret securise securisee secure strong super token jeton cle key apikey api admin administrator
  administrateur root user utilisateur test testing demo example exemple sample default defaut dummy placeholder letmein
  welcome bienvenue qwertyuiop qwerty azertyuiop azerty iloveyou monkey dragon login hunter guest invite temp todo fixme
  here ici your votre vrai vraie real value valeur set with avec tres very long random aleatoire string chaine this ceci insert enter put
  postgres postgresql redis mysql database base db jwt cookie session signing encryption access private production
  prod staging preprod development dev local runtime vault stripe smtp sentry metrics webhook my mon ma mes the le la les un une de du des
  me it in at min minimum characters char chars caracteres none null undefined empty vide xxx abc foo bar baz`
    .split(/\s+/)
    .toSorted((a, b) => b.length - a.length)

const placeholder = [
  /^\*+$/,
  /^[.\-_x?#]+$/i,
  /<[^<>]*>/,
  /\{\{.*\}\}|\$\{.*\}/,
  /^\[.*\]$/,
  /^(?:vraie?|votre|your|my|replace|remplacez?|change[rz]?|insert|enter|put|todo|fixme|example|exemple)[_\-\s.]/i,
  /^(?:[Vv]raie?|[Vv]otre|[Yy]our|[Rr]eplace|[Cc]hange)[A-Z][a-z]/,
  /(?:changeme|change[_-]me|replace[_-]?me|votremotdepasse|yourpassword)/i,
]

/** Whether a value is one that everybody knows, or stands for one that has not been filled in. */
export function isWeak(value: string, variable = ''): boolean {
  if (placeholder.some((form) => form.test(value))) return true
  const letters = lettersOf(value)
  if (letters !== '' && letters === lettersOf(variable)) return true
  // Some digits are what one adds to a weak word, as in `Secret2024!`; many are a secret of their own.
  if (value.replace(/\D/g, '').length > 8) return false
  return [letters, lettersOf(unleet(value))].some((each) => /[a-z]/.test(each) && leftOf(each) <= each.length / 5)
}

/** Bits that a guesser would need at the least, by how the characters and the steps between them are spread. */
export function entropyBits(value: string): number {
  const unit = periodOf(value)
  const codes = [...unit].map((each) => each.codePointAt(0) ?? 0)
  const steps = codes.slice(1).map((code, at) => code - (codes[at] ?? 0))
  return Math.min(spread(codes), spread(steps)) * unit.length
}

function spread(items: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return [...counts.values()].reduce((sum, count) => sum - (count / items.length) * Math.log2(count / items.length), 0)
}

/** The shortest beginning whose repetition is the whole: `abab` is no longer than `ab`. */
function periodOf(value: string): string {
  const at = value === '' ? 0 : `${value}${value}`.indexOf(value, 1)
  return value.slice(0, at)
}

function lettersOf(value: string): string {
  return value
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '')
}

const looksLike: Record<string, string> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '@': 'a',
  $: 's',
  '!': 'i',
}

function unleet(value: string): string {
  return value.replace(/[\d!]+$/, '').replace(/[01345@$!]/g, (each) => looksLike[each] ?? each)
}

/** How many letters are left when every known word is taken away, longest first. */
function leftOf(letters: string): number {
  let left = letters.slice(0, 200)
  for (const word of words) left = left.replaceAll(word, ' ')
  return left.replaceAll(' ', '').length
}
