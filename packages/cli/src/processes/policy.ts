import { join, resolve } from 'node:path'
import {
  type PolicyProblem,
  policyFilesHere,
  policyJsonSchema,
  policyKeys,
  type ShownPolicy,
  showPolicy,
} from '@ikoma/runner'
import french from 'zod/v4/locales/fr.js'
import type { Context } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { policyWords } from './policy-words.ts'
import type { PolicyFileOptions } from './processes.ts'

/** Each value of the policy, and where it is from. */
export async function show(options: PolicyFileOptions, context: Context): Promise<number> {
  const policies = await policiesHere(options, context)
  const { out } = context
  out.answer({ policies }, () => {
    for (const policy of policies) printPolicy(policy, context)
  })
  if (!out.json) for (const policy of policies) printProblems(policy, context)
  return verdict(policies, options)
}

/** All that is wrong with it. */
export async function check(options: PolicyFileOptions, context: Context): Promise<number> {
  const policies = await policiesHere(options, context)
  const { out } = context
  const shown = policies.map(({ file, readers, state, problems, warnings }) => {
    return { file, readers, state, problems, warnings }
  })
  const code = verdict(policies, options)
  out.answer({ ok: code === exitCodes.ok, policies: shown }, () => {
    for (const policy of policies) {
      printProblems(policy, context)
      if (isGood(policy, options)) out.line({ text: '✔ ', style: 'green' }, saysGood(policy, context))
    }
  })
  return code
}

export async function printSchema(_: object, { io }: Context): Promise<number> {
  io.stdout.write(`${JSON.stringify(policyJsonSchema(), null, 2)}\n`)
  return exitCodes.ok
}

async function policiesHere({ file }: PolicyFileOptions, { io, language }: Context): Promise<ShownPolicy[]> {
  const localeError = language === 'fr' ? french().localeError : undefined
  if (file !== undefined) return [await showPolicy(resolve(io.cwd, file), [], localeError)]
  const { IKOMA_POLICY_FILE: chosen, IKOMA_RUNNER_DIR: folder = './data/runner' } = io.env
  const otherwise = join(resolve(io.cwd, folder), 'policy.json')
  const found = await policyFilesHere(otherwise, chosen ? resolve(io.cwd, chosen) : undefined)
  return Promise.all(found.map((each) => showPolicy(each.file, each.readers, localeError)))
}

/** A file that was named is meant to be there. */
function isGood({ state }: ShownPolicy, { file }: PolicyFileOptions): boolean {
  return state === 'written' || (state === 'missing' && file === undefined)
}

function verdict(policies: readonly ShownPolicy[], options: PolicyFileOptions): number {
  return policies.every((policy) => isGood(policy, options)) ? exitCodes.ok : exitCodes.failure
}

function printPolicy({ file, readers, state, values, orderTypes }: ShownPolicy, { out, language }: Context): void {
  const said = policyWords[language]
  out.line(
    { text: file, style: 'bold' },
    readers.length === 0 ? '' : ` (${said.readers[readers.length === 2 ? 'both' : (readers[0] ?? 'both')]})`,
  )
  if (state === 'missing') out.line(said.missing(file))
  if (values === null) return
  out.fields(values.map(({ key, value, from }) => [`  ${key}`, `${shown(value, said.nothing)}  (${said.from[from]})`]))
  out.line(said.types(orderTypes?.length ?? 0))
}

function shown(value: unknown, nothing: string): string {
  if (Array.isArray(value)) return value.length === 0 ? nothing : value.join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value)
  return entries.length === 0
    ? nothing
    : entries.map(([name, held]) => `${name}: ${[held].flat().join(', ')}`).join('; ')
}

function printProblems({ file, readers, state, problems, warnings }: ShownPolicy, { out, language }: Context): void {
  const said = policyWords[language]
  if (state === 'unreadable') out.note({ text: said.unreadable(file), style: 'red' })
  if (state === 'missing' && readers.length === 0) out.note({ text: said.notThere(file), style: 'red' })
  const at = ({ line, column }: PolicyProblem) => `${file}:${line}:${column}: `
  for (const each of problems) out.line({ text: at(each), style: 'red' }, sentenceOf(each, language))
  for (const each of warnings) out.line({ text: at(each), style: 'yellow' }, said.warning, sentenceOf(each, language))
  if (state === 'broken') out.note(readers.length === 0 ? said.broken(problems.length) : said.lastGood(problems.length))
}

function sentenceOf({ kind, path, message, nearest }: PolicyProblem, language: Context['language']): string {
  const said = policyWords[language]
  const meant = nearest === null ? '' : ` ${said.meant(nearest)}`
  if (kind === 'syntax') return `${said.syntax(said.parser[message] ?? said.parser.InvalidSymbol ?? message)}`
  if (kind === 'unknown_key') return `${said.unknownKey(path)}${meant} ${said.keys(policyKeys.join(', '))}`
  if (kind === 'repeated_key') return said.repeated(path)
  if (kind === 'unused_scope') return `${said.unusedScope(path)}${meant}`
  const [key = '', inner = ''] = path.split('.')
  const wanted = inner === '' || (key === 'compose' && inner.startsWith('/')) ? undefined : said.wanted[key]
  return said.value(path || said.file, wanted ?? message)
}

function saysGood({ file, state, readers }: ShownPolicy, { language }: Context): string {
  const said = policyWords[language]
  return state === 'missing' && readers.length > 0 ? said.missing(file) : said.good(file)
}
