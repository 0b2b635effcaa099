import { AppError } from '@ikoma/kernel'
import { weakPasswords, weakWords } from './weak-passwords.ts'

export type PasswordProblem = 'too_short' | 'too_long' | 'all_digits' | 'all_letters' | 'too_common' | 'has_email_name'

const messages: Record<PasswordProblem, string> = {
  too_short: 'is too short',
  too_long: 'is longer than 128 characters',
  all_digits: 'is digits alone: add letters or signs',
  all_letters: 'is letters alone: add digits or signs',
  too_common: 'is one of those that are tried first: choose another',
  has_email_name: 'is little more than the name in the e-mail address: choose another',
}

const minLength = 8
const maxLength = 128

interface PasswordRules {
  /** The key of the account's address. */
  email: string
  minLength?: number
}

/** What is wrong with a new password, or null. Lengths are of characters, as people count them. */
export function passwordProblem(password: string, rules: PasswordRules): PasswordProblem | null {
  const text = password.normalize('NFKC')
  const length = [...text].length
  if (length < (rules.minLength ?? minLength)) return 'too_short'
  if (length > maxLength) return 'too_long'
  if (/^\p{N}+$/u.test(text)) return 'all_digits'
  if (/^\p{L}+$/u.test(text)) return 'all_letters'
  const lower = text.toLowerCase()
  if (isCommon(lower)) return 'too_common'
  const name = rules.email.split('@')[0]?.split('+')[0] ?? ''
  return name.length >= 3 && lower.includes(name) && addsLittle(lower.replaceAll(name, '')) ? 'has_email_name' : null
}

/** What is around a name that everybody knows has to be a password by itself. */
function addsLittle(rest: string): boolean {
  return [...rest].length < minLength || /^\P{L}+$/u.test(rest)
}

/** @throws AppError that names the field and what is wrong, never the password. */
export function refuseWeakPassword(password: string, rules: PasswordRules, field = 'password'): void {
  const problem = passwordProblem(password, rules)
  if (problem === null) return
  const least = problem === 'too_short' ? `: it takes at least ${rules.minLength ?? minLength} characters` : ''
  const message = `${messages[problem]}${least}`
  const fields = [{ field, message }]
  throw new AppError('unprocessable', `The password ${message}.`, { reason: `password_${problem}`, fields })
}

const leet: Record<string, string> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

/** A listed one, a listed word with digits and signs around it or for its letters, or one character again and again. */
function isCommon(lower: string): boolean {
  if (weakPasswords.has(lower)) return true
  if (new Set(lower).size < 4) return true
  const plain = lower.replace(/^\P{L}+|\P{L}+$/gu, '')
  const meant = lower.replace(/[\d!.?*#_-]+$/u, '').replace(/[013457@$!]/g, (sign) => leet[sign] ?? sign)
  const both = [plain, plain.replace(/[013457@$!]/g, (sign) => leet[sign] ?? sign), meant]
  return both.some((word) => weakWords.has(word) || isTwice(word))
}

function isTwice(word: string): boolean {
  const half = word.slice(0, word.length / 2)
  return half !== '' && half + half === word && weakWords.has(half)
}
