import { AppError, type FieldProblem } from '../errors.ts'
import {
  type Choice,
  type Contract,
  contractSchema,
  isLocal,
  type Required,
  settingIn,
  type Variable,
} from './contract.ts'
import { patternWays } from './pattern.ts'
import { readValue } from './value.ts'

/** What all patterns of a contract may cost together. */
const maxWays = 2 ** 24

/**
 * A contract from what its file says. Rejects with every problem, each with its place: unknown keys, environments and
 * variables that do not exist, values by default that would be refused.
 */
export function readContract(value: unknown): Contract {
  const parsed = contractSchema.safeParse(value)
  if (!parsed.success) {
    throw refused(parsed.error.issues.map(({ path, message }) => ({ field: placeOf(path.map(String)), message })))
  }
  const contract = parsed.data
  const faults = [
    ...Object.entries(contract.variables).flatMap(([name, each]) => variableFaults(contract, name, each)),
    ...contract.eitherOr.flatMap((each, at) => choiceFaults(contract, `eitherOr/${at}`, each)),
  ]
  const patterns = Object.values(contract.variables).flatMap(({ pattern }) => eachSetting(pattern))
  if (patterns.reduce((sum, each) => sum + patternWays(each), 0) > maxWays) {
    faults.push({ field: 'variables', message: 'have patterns that could be tried in too many ways together' })
  }
  if (faults.length > 0) throw refused(faults)
  return contract
}

function refused(fields: FieldProblem[]): AppError {
  const some = fields.slice(0, 50)
  const named = some.map(({ field, message }) => `${field}: ${message}`).join('; ')
  return new AppError('invalid', `The environment contract is not usable. ${named}`, {
    reason: 'contract_invalid',
    fields: some,
  })
}

function placeOf(path: readonly string[]): string {
  return path.join('/') || 'contract'
}

function variableFaults(contract: Contract, name: string, variable: Variable): FieldProblem[] {
  const place = `variables/${name}`
  const { minLength = 0, maxLength = 100_000, min = 0, max = Number.POSITIVE_INFINITY } = variable
  const faults = [...requiredFaults(contract, `${place}/required`, variable.required)]
  const say = (key: string, message: string) => faults.push({ field: `${place}/${key}`, message })
  for (const key of ['oneOf', 'pattern', 'constant', 'default', 'example'] as const) {
    faults.push(...unknownEnvironments(contract, `${place}/${key}`, environmentsOf(variable[key])))
  }
  if (Array.isArray(variable.notExample)) {
    faults.push(...unknownEnvironments(contract, `${place}/notExample`, variable.notExample))
  }
  if (minLength > maxLength) say('minLength', 'must not be above maxLength')
  if (variable.min !== undefined && min > max) say('min', 'must not be above max')
  if ((variable.min ?? variable.max) !== undefined && !numeric.has(variable.format)) {
    say('format', 'must be a number, a port or a duration where min or max is said')
  }
  if (variable.secret && variable.constant !== undefined) say('constant', 'must not be said of a secret')
  for (const environment of contract.environments) {
    const given = settingIn(variable.default, environment)
    if (given !== undefined && variable.secret && !isLocal(environment)) {
      say('default', `must not stand for a secret in ${environment}`)
    }
    for (const [key, text] of Object.entries({ default: given, constant: settingIn(variable.constant, environment) })) {
      const read = text === undefined ? null : readValue(variable, text, environment)
      if (read && 'faults' in read) say(key, `is refused in ${environment}: it ${read.faults[0]?.says.en}`)
    }
  }
  return faults
}

const numeric = new Set(['integer', 'number', 'positive-number', 'port', 'duration'])

function choiceFaults(contract: Contract, place: string, { required, by, anyOf }: Choice): FieldProblem[] {
  const faults = requiredFaults(contract, `${place}/required`, required)
  if (by !== undefined && Array.isArray(anyOf)) {
    faults.push({ field: `${place}/anyOf`, message: 'must name a list for each value of the variable in by' })
  }
  if (by === undefined && !Array.isArray(anyOf)) {
    faults.push({ field: `${place}/by`, message: 'must name the variable that chooses' })
  }
  const names = [...Object.values(anyOf).flat(), ...(by === undefined ? [] : [by])]
  return [...faults, ...unknownVariables(contract, `${place}/anyOf`, names)]
}

function requiredFaults(contract: Contract, place: string, required: Required): FieldProblem[] {
  if (typeof required === 'boolean') return []
  if (Array.isArray(required)) return unknownEnvironments(contract, place, required)
  return [
    ...unknownEnvironments(contract, place, required.in ?? []),
    ...unknownVariables(contract, `${place}/when`, Object.keys(required.when)),
  ]
}

function unknownEnvironments(contract: Contract, place: string, names: readonly string[]): FieldProblem[] {
  return names
    .filter((name) => !contract.environments.includes(name))
    .map((name) => ({ field: place, message: `names the environment ${name}, which is not one of environments` }))
}

function unknownVariables(contract: Contract, place: string, names: readonly string[]): FieldProblem[] {
  return names
    .filter((name) => !Object.hasOwn(contract.variables, name))
    .map((name) => ({ field: place, message: `names ${name}, which is not one of variables` }))
}

type Setting<T> = T | Record<string, T> | undefined

function environmentsOf(setting: Setting<string | string[]>): string[] {
  return setting === undefined || typeof setting === 'string' || Array.isArray(setting) ? [] : Object.keys(setting)
}

function eachSetting(setting: Setting<string>): string[] {
  return setting === undefined ? [] : typeof setting === 'string' ? [setting] : Object.values(setting)
}
