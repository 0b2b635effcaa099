import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { AppError } from '@ikoma/kernel'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkExample, loadConfig, writeExample } from './index.ts'

const contractText = `
variables:
  PORT: { about: { en: Port, fr: Port }, format: port, default: 8000 }
  APP_NAME: { about: { en: Name, fr: Nom }, required: true, example: Wash and go }
  MOCK_REDIS: { about: { en: None, fr: Aucun }, format: boolean, constant: { production: false }, default: { local: true } }
  SECRET_KEY: { about: { en: Key, fr: Clé }, required: [staging, production], secret: true, minLength: 32 }
  CORS_ORIGINS: { about: { en: From, fr: De }, format: https-origins }
`
const key = 'Vb3nQ8zLw1Xr6TyK0pJd5FhGm2sCe9Ua7RiN4oZq'

function setup(text = contractText) {
  const folder = mkdtempSync(join(tmpdir(), 'config-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const contractFile = join(folder, 'env.contract.yaml')
  writeFileSync(contractFile, text)
  const told: string[] = []
  const exits: number[] = []
  const load = (env: Record<string, string | undefined>, more: object = {}) =>
    loadConfig({ contractFile, env, tell: (line) => told.push(line), exit: (code) => exits.push(code), ...more })
  return { folder, contractFile, told, exits, load }
}

test('a configuration that is right is read as its formats mean it', () => {
  const { load, told, exits } = setup()
  const config = load({
    ...{ ENVIRONMENT: 'production', APP_NAME: 'Wash', SECRET_KEY: key, MOCK_REDIS: 'false', PORT: '' },
    CORS_ORIGINS: 'https://a.example, https://b.example',
  })
  expect([told, exits, config?.environment]).toEqual([[], [], 'production'])
  expect([config?.text('APP_NAME'), config?.number('PORT'), config?.boolean('MOCK_REDIS')]).toEqual([
    'Wash',
    8000,
    false,
  ])
  expect(config?.list('CORS_ORIGINS')).toEqual(['https://a.example', 'https://b.example'])
  expect(config?.secret('SECRET_KEY').reveal()).toBe(key)
  expect(inspect(config, { depth: 9, showHidden: true }) + JSON.stringify(config)).not.toContain(key)
})

test('everything that is wrong is told, a line each, by name and in the language of the reader; the exit code is 1', () => {
  const env = { ENVIRONMENT: 'production', SECRET_KEY: 'changeme-changeme-changeme-changeme', PORT: 'eighty-8' }
  for (const [lang, words] of [
    ['fr_FR.UTF-8', ['PORT doit être un port', 'APP_NAME manque', 'MOCK_REDIS manque', 'SECRET_KEY a une valeur']],
    ['C', ['PORT must be a port', 'APP_NAME is missing', 'MOCK_REDIS is missing', 'SECRET_KEY has a value']],
  ] as const) {
    const { load, told, exits } = setup()
    expect(load({ ...env, LANG: lang })).toBeNull()
    expect([exits, told.length]).toEqual([[1], 5])
    for (const [at, each] of words.entries()) expect(told[at + 1]).toContain(each)
    expect(told.join('\n')).not.toMatch(/changeme|eighty/)
  }
})

describe('the environment', () => {
  test.each([
    [{}, 'local'],
    [{ NODE_ENV: 'development' }, 'local'],
    [{ NODE_ENV: 'test' }, 'local'],
    [{ ENVIRONMENT: 'development' }, 'local'],
    [{ NODE_ENV: 'production', ENVIRONMENT: 'staging' }, 'staging'],
  ])('of %j is %s', (env, environment) => {
    expect(setup().load({ APP_NAME: 'Wash', SECRET_KEY: key, ...env })?.environment).toBe(environment)
  })

  test('is not local by a slip in production', () => {
    const { load, told } = setup()
    expect(load({ APP_NAME: 'Wash', ENVIRONMENT: 'local', NODE_ENV: 'production' })).toBeNull()
    expect(told[1]).toContain('ENVIRONMENT says local where NODE_ENV says production')
    expect(load({ APP_NAME: 'Wash', ENVIRONMENT: 'prod' })).toBeNull()
    expect(told.at(-1)).toContain('ENVIRONMENT must be one of local, staging, production')
  })
})

test('what the contract has not got, or has as something else, is a mistake of the program', () => {
  const config = setup().load({ APP_NAME: 'Wash' })
  expect(() => config?.text('NOBODY')).toThrow('NOBODY is not in the environment contract')
  expect(() => config?.text('SECRET_KEY')).toThrow('SECRET_KEY is a secret')
  expect(() => config?.secret('APP_NAME')).toThrow('APP_NAME is no secret')
  expect(() => config?.number('APP_NAME')).toThrow('APP_NAME is no number')
  expect(() => config?.list('CORS_ORIGINS')).toThrow('CORS_ORIGINS is not set in local')
  expect([config?.findList('CORS_ORIGINS'), config?.findSecret('SECRET_KEY')]).toEqual([null, null])
  expect(() => config?.findText('toString')).toThrow('toString is not in')
})

describe('a contract is refused that', () => {
  test.each([
    ['is no YAML', 'variables: [', /line 1 of .* is not YAML/],
    ['says a key twice', 'variables: {}\nvariables: {}\n', /line 2 .*DUPLICATE_KEY/],
    [
      'is a bomb',
      `a: &a [x,x]\n${'bcdefghijklmn'.replace(/./g, (c) => `${c}: &${c} [*${String.fromCharCode(c.charCodeAt(0) - 1)},*${String.fromCharCode(c.charCodeAt(0) - 1)}]\n`)}`,
      /too many aliases/,
    ],
    ['is too large', `# ${'x'.repeat(300_000)}\n${contractText}`, /more than 262144 bytes/],
    ['has a tag', 'variables: !!js/function "x"', /is not YAML|not usable/],
    ['has unknown keys', `${contractText}\nmore: 1`, /Unrecognized key: "more"/],
  ])('%s', (_, text, says) => {
    expect(() => setup(text).load({})).toThrow(says)
  })

  test('is not there', () => {
    const { load } = setup()
    expect(() => load({}, { contractFile: '/nowhere/env.contract.yaml' })).toThrow(AppError)
  })
})

test('an example is written from the contract, and refused once either has changed', () => {
  const { folder, contractFile } = setup()
  const options = { contractFile, exampleFile: join(folder, '.env.example'), environment: 'production' }
  expect(() => checkExample(options)).toThrow('see line 1')
  writeExample(options)
  checkExample(options)
  const text = readFileSync(options.exampleFile, 'utf8')
  expect(text).toContain("APP_NAME='Wash and go'\n")
  writeFileSync(options.exampleFile, text.replace('PORT=8000', 'PORT=9000'))
  expect(() => checkExample(options)).toThrow(/see line \d+/)
  writeFileSync(options.exampleFile, `${text}MORE=1\n`)
  expect(() => checkExample(options)).toThrow(/see line \d+/)
})

test('the contract that the documentation shows is one, but for the variables that it leaves out', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/environment-contract.md'), 'utf8')
  const { load } = setup(page.split('```yaml\n')[1]?.split('```')[0])
  const refused = (() => {
    try {
      load({})
      return []
    } catch (error) {
      return (error as AppError).fields ?? []
    }
  })()
  expect(new Set(refused.map(({ field, message }) => `${field} ${message.split(' ')[0]}`))).toEqual(
    new Set(['eitherOr/0/anyOf names', 'eitherOr/1/anyOf names']),
  )
})
