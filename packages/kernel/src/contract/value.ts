import { isLocal, settingIn, type Variable } from './contract.ts'
import { readings, type Value } from './formats.ts'
import { matches, maxPatternedLength } from './pattern.ts'
import type { ProblemCode, Sentence } from './problem.ts'
import { entropyBits, isWeak } from './weak.ts'

export interface Fault {
  code: ProblemCode
  says: Sentence
}

/** What a text means under a variable's rules in an environment, or everything that is wrong with it. */
export function readValue(
  variable: Variable,
  text: string,
  environment: string,
): { value: Value } | { faults: Fault[] } {
  const constant = settingIn(variable.constant, environment)
  if (constant !== undefined && text !== constant) return { faults: [mustBe(constant)] }
  const { means, read } = readings[variable.format]
  const value = /[\0\ufffd]/.test(text) ? null : read(text, isLocal(environment))
  if (value === null) return { faults: [{ code: 'malformed', says: means }] }
  const faults = [
    ...lengthFaults(variable, text),
    ...(typeof value === 'number' ? sizeFaults(variable, value) : []),
    ...choiceFaults(variable, text, environment),
  ]
  return faults.length > 0 ? { faults } : { value }
}

export function mustBe(constant: string): Fault {
  return { code: 'not_constant', says: { en: `must be "${constant}" here`, fr: `doit valoir « ${constant} » ici` } }
}

function lengthFaults({ minLength = 0, maxLength = 100_000 }: Variable, text: string): Fault[] {
  if (text.length < minLength) {
    const says = {
      en: `must have at least ${minLength} characters`,
      fr: `doit compter au moins ${minLength} caractères`,
    }
    return [{ code: 'too_short', says }]
  }
  if (text.length <= maxLength) return []
  const says = { en: `must have at most ${maxLength} characters`, fr: `doit compter au plus ${maxLength} caractères` }
  return [{ code: 'too_long', says }]
}

function sizeFaults({ min, max }: Variable, value: number): Fault[] {
  if (min !== undefined && value < min) {
    return [{ code: 'too_small', says: { en: `must be at least ${min}`, fr: `doit être au moins ${min}` } }]
  }
  if (max === undefined || value <= max) return []
  return [{ code: 'too_large', says: { en: `must be at most ${max}`, fr: `doit être au plus ${max}` } }]
}

function choiceFaults(variable: Variable, text: string, environment: string): Fault[] {
  const faults: Fault[] = []
  const choices = settingIn(variable.oneOf, environment)
  if (choices && !choices.includes(text)) {
    const list = choices.join(', ')
    faults.push({ code: 'not_one_of', says: { en: `must be one of ${list}`, fr: `doit valoir l’un de : ${list}` } })
  }
  const pattern = settingIn(variable.pattern, environment)
  if (pattern !== undefined && !matches(pattern, text)) {
    const says = {
      en: `must match ${pattern} and have at most ${maxPatternedLength} characters`,
      fr: `doit suivre ${pattern} et compter au plus ${maxPatternedLength} caractères`,
    }
    faults.push({ code: 'pattern', says })
  }
  return faults
}

/** Below this a secret is found by trying; a random one of twelve characters has some forty bits. */
const fewestBits = 30

/** Whether a value stands for one that nobody has filled in, or that anybody would try. */
export function exampleFault(name: string, variable: Variable, text: string, environment: string): Fault | null {
  const { notExample = variable.secret && !isLocal(environment) } = variable
  if (Array.isArray(notExample) ? !notExample.includes(environment) : !notExample) return null
  if (settingIn(variable.constant, environment) !== undefined) return null
  if (examplesOf(variable).includes(text)) {
    const says = { en: 'still has the value of the example', fr: 'a encore la valeur de l’exemple' }
    return { code: 'example_value', says }
  }
  const secrets = variable.format.endsWith('url') ? credentialsIn(text) : [text]
  if (secrets.some((each) => isWeak(each, name))) return weak
  const bits = variable.minEntropyBits ?? (variable.secret ? fewestBits : 0)
  // A key in an address, as Sentry's, may be short: what is asked there is that it is no known word.
  const judged = variable.format.endsWith('url') ? [] : secrets
  return judged.some((each) => entropyBits(each) < bits) ? weak : null
}

const weak: Fault = {
  code: 'weak',
  says: {
    en: 'has a value that anybody could guess: make a random one',
    fr: 'a une valeur que chacun pourrait deviner : tirez-en une au hasard',
  },
}

function examplesOf({ example, default: given }: Variable): string[] {
  return [example, given].flatMap((each) =>
    each === undefined ? [] : typeof each === 'string' ? [each] : Object.values(each),
  )
}

/** The password of an address, or, where that has none, its user: Sentry's key stands there. */
function credentialsIn(text: string): string[] {
  const { username = '', password = '' } = URL.parse(text) ?? {}
  const shown = password === '' ? username : password
  try {
    return shown === '' ? [] : [decodeURIComponent(shown)]
  } catch {
    return [shown]
  }
}
