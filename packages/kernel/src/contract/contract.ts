import * as z from 'zod'
import { formats } from './formats.ts'
import { patternFault } from './pattern.ts'

const maxVariables = 500
const variableName = z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/, 'must be a name such as DATABASE_URL')
const environmentName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be a name such as production')
/** It becomes a comment of one line, or a line of `.env.example`. */
const line = z
  .string()
  .max(1_000)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused.
  .regex(/^[^\u0000-\u001f\u007f\u2028\u2029]*$/, 'must be one line without control characters')
/** YAML reads `false` and `8000` as what they are; a variable is a text. */
const text = z
  .union([line, z.number(), z.boolean()], { error: 'must be a text, a number, true or false' })
  .transform(String)
const both = z.strictObject({ en: line.min(1), fr: line.min(1) })

const perEnvironment = <T extends z.ZodType>(value: T) =>
  z.union([value, z.record(environmentName, value)], { error: 'must be a value, or one for each environment' })

const condition = z.record(
  variableName,
  z.union([text.transform((each) => [each]), z.array(text).min(1).max(50)], { error: 'must be a value or a list' }),
)
const required = z.union(
  [
    z.boolean(),
    z.array(environmentName).max(20),
    z.strictObject({ in: z.array(environmentName).max(20).optional(), when: condition }),
  ],
  { error: 'must be true, false, a list of environments, or {when: {VARIABLE: value}}' },
)
const bound = z.number().finite()
const pattern = line.max(300).superRefine((source, { addIssue }) => {
  const fault = patternFault(source)
  if (fault) addIssue({ code: 'custom', message: fault })
})

const variable = z.strictObject({
  about: both,
  required: required.default(false),
  format: z.enum(formats).default('text'),
  secret: z.boolean().default(false),
  minLength: z.number().int().min(1).max(10_000).optional(),
  maxLength: z.number().int().min(1).max(100_000).optional(),
  min: bound.optional(),
  max: bound.optional(),
  oneOf: perEnvironment(z.array(text).min(1).max(100)).optional(),
  pattern: perEnvironment(pattern).optional(),
  constant: perEnvironment(text).optional(),
  default: perEnvironment(text).optional(),
  example: perEnvironment(text).optional(),
  /** Whether the value of the example, or one like it, is refused; by itself wherever a secret leaves the desk. */
  notExample: z.union([z.boolean(), z.array(environmentName).max(20)]).optional(),
  /** For secrets that are given, such as a short PIN; 0 asks for none. */
  minEntropyBits: z.number().int().min(0).max(512).optional(),
})

const names = z.array(variableName).max(50)
const choice = z.strictObject({
  about: both.optional(),
  required: required.default(false),
  /** The variable whose value chooses; its values are then the names in `anyOf`. */
  by: variableName.optional(),
  anyOf: z.union([z.array(names.min(1)).min(1).max(20), z.record(z.string().regex(/^[\w.-]{1,60}$/), names)], {
    error: 'must be lists of variables, or one for each value of the variable in `by`',
  }),
})

export const contractSchema = z.strictObject({
  version: z.literal(1).default(1),
  environments: z.array(environmentName).min(1).max(20).default(['local', 'staging', 'production']),
  variables: z
    .record(variableName, variable)
    .refine((all) => Object.keys(all).length <= maxVariables, `must be at most ${maxVariables} variables`),
  eitherOr: z.array(choice).max(50).default([]),
})

/** What a process needs of its environment: the file `env.contract.yaml`, read. */
export type Contract = z.output<typeof contractSchema>
export type Variable = Contract['variables'][string]
export type Choice = Contract['eitherOr'][number]
export type Required = Variable['required']

/** Where a developer works and tests run: what must be secret or public elsewhere need not be there. */
export function isLocal(environment: string): boolean {
  return ['local', 'development', 'test', 'ci'].includes(environment)
}

/** What a setting says in one environment. */
export function settingIn<T extends string | readonly string[]>(
  setting: T | Record<string, T> | undefined,
  environment: string,
): T | undefined {
  if (setting === undefined || typeof setting === 'string' || Array.isArray(setting)) return setting as T | undefined
  const each = setting as Record<string, T>
  return Object.hasOwn(each, environment) ? each[environment] : undefined
}
