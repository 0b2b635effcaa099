import { type Choice, type Contract, type Required, settingIn, type Variable } from './contract.ts'
import { readings, type Value } from './formats.ts'
import { type Problem, problemOf, type Sentence } from './problem.ts'
import { isOneSlipAway } from './slip.ts'
import { exampleFault, readValue } from './value.ts'

type Variables = Record<string, string | undefined>

export interface Checked {
  /** What is set, or stands by itself, and has nothing wrong: by name, as its format means it. */
  values: Record<string, Value>
  problems: Problem[]
}

/** Every problem that an environment's variables have under a contract, at once and by name; never with a value. */
export function checkEnvironment(contract: Contract, environment: string, variables: Variables): Checked {
  if (!contract.environments.includes(environment)) {
    const names = contract.environments.join(', ')
    const says = { en: `must be one of ${names}`, fr: `doit valoir l’un de : ${names}` }
    return { values: {}, problems: [problemOf('ENVIRONMENT', 'environment_unknown', says)] }
  }
  const look = new Look(contract, environment, variables)
  const values: Record<string, Value> = {}
  const problems: Problem[] = []
  for (const [name, variable] of Object.entries(contract.variables)) {
    const text = look.textOf(name)
    if (text === undefined) {
      if (look.isRequired(variable)) problems.push(look.missing(name))
      continue
    }
    const read = readValue(variable, text, environment)
    const faults = 'faults' in read ? [...read.faults] : []
    const example = look.isGiven(name) ? exampleFault(name, variable, text, environment) : null
    if (example && faults.every(({ code }) => code !== 'malformed')) faults.push(example)
    problems.push(...faults.map(({ code, says }) => problemOf(name, code, says)))
    if ('value' in read && faults.length === 0) values[name] = read.value
  }
  for (const choice of contract.eitherOr) problems.push(...look.choiceProblems(choice))
  return { values, problems: eachOnce(problems) }
}

/** A variable that is missing by itself and in a choice is missing once. */
function eachOnce(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>()
  return problems.filter(({ variable, code }) => !seen.has(`${variable} ${code}`) && seen.add(`${variable} ${code}`))
}

class Look {
  readonly #contract: Contract
  readonly #environment: string
  readonly #given: Map<string, string>

  constructor(contract: Contract, environment: string, variables: Variables) {
    this.#contract = contract
    this.#environment = environment
    this.#given = new Map(
      Object.entries(variables).filter(
        (each): each is [string, string] => typeof each[1] === 'string' && each[1] !== '',
      ),
    )
  }

  isGiven(name: string): boolean {
    return this.#given.has(name)
  }

  /** As it was set, or stands by itself. */
  textOf(name: string): string | undefined {
    return this.#given.get(name) ?? settingIn(this.#contract.variables[name]?.default, this.#environment)
  }

  isRequired(variable: Pick<Variable, 'required' | 'constant'>): boolean {
    return settingIn(variable.constant, this.#environment) !== undefined || this.#asks(variable.required)
  }

  missing(name: string): Problem {
    const constant = settingIn(this.#contract.variables[name]?.constant, this.#environment)
    const says: Sentence =
      constant === undefined
        ? { en: 'is missing', fr: 'manque' }
        : { en: `is missing: it must be "${constant}"`, fr: `manque : doit valoir « ${constant} »` }
    const hint = [...this.#given.keys()].find(
      (given) => !Object.hasOwn(this.#contract.variables, given) && isOneSlipAway(name, given),
    )
    return problemOf(name, 'missing', says, hint)
  }

  /** A choice that was begun has to be finished, also where none is asked for. */
  choiceProblems({ required, by, anyOf }: Choice): Problem[] {
    if (by !== undefined && !Array.isArray(anyOf)) return this.#chosenProblems(by, anyOf, this.#asks(required))
    const lists = Object.values(anyOf)
    const missing = lists.map((names) => names.filter((name) => this.textOf(name) === undefined))
    if (missing.some((names) => names.length === 0)) return []
    const begun = missing.filter((names, at) => names.length < (lists[at]?.length ?? 0))
    const [nearest] = begun.toSorted((a, b) => a.length - b.length)
    if (nearest) return nearest.map((name) => this.missing(name))
    if (!this.#asks(required)) return []
    const shown = (and: string, or: string) => lists.map((names) => names.join(and)).join(or)
    const says = {
      en: `is missing: set ${shown(' and ', ', or ')}`,
      fr: `manque : renseignez ${shown(' et ', ', ou ')}`,
    }
    return (lists[0] ?? []).slice(0, 1).map((name) => problemOf(name, 'choice_missing', says))
  }

  #chosenProblems(by: string, anyOf: Record<string, string[]>, asked: boolean): Problem[] {
    const chosen = this.textOf(by)
    if (chosen === undefined) return asked ? [this.missing(by)] : []
    if (Object.hasOwn(anyOf, chosen)) {
      const absent = (anyOf[chosen] ?? []).filter((name) => this.textOf(name) === undefined)
      return absent.map((name) => this.missing(name))
    }
    const list = Object.keys(anyOf).join(', ')
    return [problemOf(by, 'not_one_of', { en: `must be one of ${list}`, fr: `doit valoir l’un de : ${list}` })]
  }

  #asks(required: Required): boolean {
    if (typeof required === 'boolean') return required
    if (Array.isArray(required)) return required.includes(this.#environment)
    if (required.in && !required.in.includes(this.#environment)) return false
    return Object.entries(required.when).every(([name, wanted]) => this.#is(name, wanted))
  }

  /** `1` and `true` are the same where a variable is a boolean. */
  #is(name: string, wanted: readonly string[]): boolean {
    const text = this.textOf(name)
    if (text === undefined) return false
    if (this.#contract.variables[name]?.format !== 'boolean') return wanted.includes(text)
    const { read } = readings.boolean
    const meant = read(text, false)
    return meant !== null && wanted.some((each) => read(each, false) === meant)
  }
}
