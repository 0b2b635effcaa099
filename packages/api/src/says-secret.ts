const secretWords = new Set(
  'secret secrets token password passwd passphrase pass pwd credential credentials apikey privatekey'.split(' '),
)

/** Whether the name of a field or variable says that its value is a secret: `DB_PASSWORD`, `apiKey`, not `MONKEY`. */
export function saysSecret(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
  return words.some(
    (word, index) =>
      secretWords.has(word) ||
      (word === 'key' && /^(api|private|secret|access|signing|encryption)$/.test(words[index - 1] ?? '')),
  )
}
