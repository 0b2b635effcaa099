/** What a name has in it when what it holds is secret, wherever in the name it stands. */
const secretWords = new Set(
  `secret password passwd passwort passphrase passcode passkey pwd psw mdp token jwt jeton credential cred
  authorization bearer`.split(/\s+/),
)
/** The same for words that mean something else when more follows: `auth_mode`, `pin-node`, `pass-through`. */
const secretEndings = new Set(
  'pass pw auth login pin cookie sig signature otp totp pat key lease sid hmac dsn'.split(' '),
)
/** Written as one word with what it is for: `PGPASSWORD`, `apikey`, `authtoken`. */
const runTogether =
  /passw(?:or)?d|passphrase|secret(?!ar)|credential|motdepasse|(?:api|access|private|signing|encryption|admin|master|shared|account|storage)key|token$|pwd$|sessi?on_?id$|sessid$|(?<!com|by|tres|over|under|encom|sur|tap|im)pass$/
/** A name that ends so tells about a secret, and does not hold it. */
const aboutWords = new Set(
  `url uri path file filename dir directory folder name type kind ttl timeout length size count limit expiry expires
  expire expiration age lifetime enabled disabled required optional policy algorithm alg host hostname port method mode
  prefix suffix issuer audience scope scopes hint min max sec secs seconds ms minutes hours days at version strategy provider
  rounds cost template endpoint domain format address addr server shell attempts retries used remaining rate budget window
  set present valid bits source ref reference store manager rotation rules rule label title description form page button
  field id ids usage owner group user users uid gid mount policies through samesite secure httponly header`.split(
    /\s+/,
  ),
)
/** Which these say nothing of: a session's id is as good as the session, and so is the id of a secret in Vault. */
const heldByItsId = new Set(['session', 'secret', 'sess'])
/** What else a key is: for looking something up, or for everybody to see. */
const openKeys = new Set(
  `public pub primary foreign cache dedupe dedup resource idempotency partition sort host known authorized map object hot
  lookup row shard routing natural unique index group translation i18n message event sorting hash range config registry
  setting option parent item column label attempt compose label verify verification verifying metric queue topic redis
  search query field property dictionary dict react arrow shortcut function enter escape`.split(/\s+/),
)
/** Tokens that are counted, as models do. */
const counted = new Set('max min num number total prompt completion input output used count'.split(' '))
/** What a name may have at its end without meaning anything else. */
const trailing =
  /^(?:\d+|old|new|prev|previous|current|next|prod|production|dev|development|staging|test|live|backup|value|val|raw|plain|text|b64|base64|hex|encoded|enc|v\d+|primary|secondary|main|default)$/

/**
 * Whether a field, a variable or an option of this name holds a secret: `SMTP_LOGIN`, `apiKey`, `--db-password`, not
 * `author`, `tokenizer`, `passed`, `TOKEN_TTL`, `publicKey`. Every place that hides, refuses or asks goes by it.
 */
export function saysSecret(name: string): boolean {
  const words = wordsOf(name.slice(0, longestName))
  while (words.length > 1 && trailing.test(words.at(-1) ?? '')) words.pop()
  const last = words.at(-1)
  if (last === undefined) return false
  if (aboutWords.has(last)) return isHeldById(last, words.at(-2) ?? '')
  if (secretEndings.has(singular(last)) && isSecretEnding(singular(last), words)) return true
  return apart.test(words.join('')) || words.some((word) => isSecretWord(word, words))
}

/** Words that are a secret's only together. */
const apart = /^motdepasse|motdepasse$|^password|password$/
const longestName = 200

/** `smtpLogin2`, `SMTP_LOGIN2` and `smtp-login.2` are the same words. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/([A-Za-z])(\d+)$/, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

function singular(word: string): string {
  return word.length > 4 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}

function isHeldById(last: string, before: string): boolean {
  return (last === 'id' && heldByItsId.has(before)) || (last === 'header' && before === 'authorization')
}

function isSecretEnding(ending: string, words: readonly string[]): boolean {
  const before = words.at(-2)
  if (ending === 'key') return before === undefined || !openKeys.has(before)
  if (ending === 'login') return before !== 'last' && before !== 'first'
  if (ending === 'lease') return words.length === 1
  return true
}

function isSecretWord(word: string, words: readonly string[]): boolean {
  if (word === 'tokens') return words.length > 1 && !words.some((each) => counted.has(each))
  if (word === 'token' && words.some((each) => counted.has(each))) return false
  return secretWords.has(word) || secretWords.has(singular(word)) || (word.length > 5 && runTogether.test(word))
}
