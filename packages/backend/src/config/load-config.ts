import { checkEnvironment, isLocal } from '@ikoma/kernel/contract'
import { Config } from './config.ts'
import { readContractFile } from './contract-file.ts'

export interface LoadConfigOptions {
  contractFile: string
  /** The process's variables. */
  env: Record<string, string | undefined>
  /** By itself `ENVIRONMENT`, else what `NODE_ENV` means, else local. */
  environment?: string
  language?: 'en' | 'fr'
  /** Takes one line for each problem: standard error, usually. */
  tell: (line: string) => void
  /** Takes the exit code of a start that is refused, usually into `process.exitCode`. */
  exit: (code: number) => void
}

/**
 * The process's configuration, once all of it is right. Otherwise every problem is told, one a line, by its variable and
 * without its value, `exit` is given 1, and the answer is null: then the process has nothing more to do.
 */
export function loadConfig(options: LoadConfigOptions): Config | null {
  const { contractFile, env, language = languageOf(env), tell, exit } = options
  const environment = options.environment ?? environmentOf(env)
  const contract = readContractFile(contractFile)
  const { values, problems } = checkEnvironment(contract, environment, env)
  const lines = problems.map(({ message }) => message[language])
  // Rules of production must not be left out because one variable was left out.
  if (isLocal(environment) && env.NODE_ENV === 'production') lines.push(contradiction[language])
  if (lines.length === 0) return new Config(contract, environment, values)
  tell(`${heading[language]} (${lines.length})`)
  for (const line of lines) tell(`- ${line}`)
  exit(1)
  return null
}

const heading = { en: 'The configuration is refused', fr: 'La configuration est refusée' }
const contradiction = {
  en: 'ENVIRONMENT says local where NODE_ENV says production: set ENVIRONMENT to staging or production',
  fr: 'ENVIRONMENT indique local alors que NODE_ENV indique production : mettez ENVIRONMENT à staging ou production',
}

function environmentOf(env: Record<string, string | undefined>): string {
  const named = env.ENVIRONMENT || env.NODE_ENV || 'local'
  return ['development', 'test'].includes(named) ? 'local' : named
}

/** French where the process's locale is. */
export function languageOf(env: Record<string, string | undefined>): 'en' | 'fr' {
  return /^fr/i.test(env.LC_ALL || env.LC_MESSAGES || env.LANG || '') ? 'fr' : 'en'
}
