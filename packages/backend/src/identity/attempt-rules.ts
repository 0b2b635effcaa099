/** How often something may fail, and what follows. */
export interface AttemptRule {
  /** Failures until it is blocked. */
  limit: number
  /** A failure is forgotten when none came for this long. */
  forgetMs: number
  blockMs: number
  /** Each further `limit` makes the block longer, up to this many times. */
  mostTimes: number
}

export interface AttemptState {
  count: number
  since: Date
  lastAt: Date
  blockedUntil: Date | null
}

const minute = 60_000
const day = 24 * 60 * minute

/**
 * The numbers of sign-in. What a stranger does wrong at one address blocks that address for that account, never the
 * account: its owner signs in from anywhere else.
 * `client`: one account from one address, or from one known device (after OWASP, "Slow Down Online Guessing Attacks with
 * Device Cookies"): 5 wrong, then 30 minutes, up to 2 hours.
 * `address`: one address over all accounts, for spraying: 30 wrong. Devices and addresses that an account knows are exempt.
 * `account`: one account over all strangers: after 100 wrong in a day a stranger's address has 1 guess instead of 5 (IPv6: a
 * /48 has). So a botnet has one guess an address and half-hour, and the owner at a new address is still let in.
 * `code`: wrong second factors after the right password, over all strangers: 10, then an hour.
 * `mailAddress`, `mailAccount`: mails asked for without signing in, from one address and for one account.
 */
export const signInRules = {
  client: { limit: 5, forgetMs: day, blockMs: 30 * minute, mostTimes: 4 },
  address: { limit: 30, forgetMs: 15 * minute, blockMs: 15 * minute, mostTimes: 4 },
  account: { limit: 100, forgetMs: day, blockMs: 0, mostTimes: 1 },
  code: { limit: 10, forgetMs: day, blockMs: 60 * minute, mostTimes: 4 },
  mailAddress: { limit: 20, forgetMs: 60 * minute, blockMs: 60 * minute, mostTimes: 1 },
  mailAccount: { limit: 3, forgetMs: 60 * minute, blockMs: 60 * minute, mostTimes: 1 },
} satisfies Record<string, AttemptRule>

/** A stranger's guesses at an account that is under attack. */
export const guessesUnderAttack = 1

export function isForgotten(state: AttemptState, rule: AttemptRule, now: number): boolean {
  return now - state.lastAt.getTime() >= rule.forgetMs && !isBlocked(state, now)
}

export function isBlocked(state: AttemptState | null, now: number): boolean {
  return state?.blockedUntil != null && state.blockedUntil.getTime() > now
}

/** As it is after one more failure. */
export function afterFailure(state: AttemptState | null, rule: AttemptRule, now: number): AttemptState {
  const lastAt = new Date(now)
  if (state === null || isForgotten(state, rule, now)) {
    return { count: 1, since: lastAt, lastAt, blockedUntil: rule.limit <= 1 ? blockedFor(1, rule, now) : null }
  }
  const count = state.count + 1
  return { count, since: state.since, lastAt, blockedUntil: count >= rule.limit ? blockedFor(count, rule, now) : null }
}

function blockedFor(count: number, rule: AttemptRule, now: number): Date | null {
  const times = Math.min(Math.floor(count / rule.limit), rule.mostTimes)
  return rule.blockMs > 0 ? new Date(now + rule.blockMs * times) : null
}
