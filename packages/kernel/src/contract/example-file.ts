import { type Choice, type Contract, type Required, settingIn, type Variable } from './contract.ts'

/** The text of `.env.example` for one environment: each variable with what it is for, in both languages. */
export function exampleFile(contract: Contract, environment: string): string {
  const variables = Object.entries(contract.variables).map(([name, variable]) => entry(name, variable, environment))
  const choices = contract.eitherOr.map(describedChoice)
  return [
    '# Written from env.contract.yaml: change that one. / Écrit depuis env.contract.yaml : c’est lui qu’il faut modifier.',
    `# Environment / environnement : ${environment}`,
    ...choices,
    '',
    variables.join('\n\n'),
    '',
  ].join('\n')
}

function entry(name: string, variable: Variable, environment: string): string {
  const { about, required, format, secret } = variable
  const constant = settingIn(variable.constant, environment)
  const value = constant ?? settingIn(variable.example, environment) ?? settingIn(variable.default, environment) ?? ''
  const needed = constant !== undefined || isNeeded(required, environment)
  const facts = [needed ? 'required' : requirement(required), secret ? 'secret' : '', format].filter(Boolean)
  return [
    `# ${about.en}`,
    `# ${about.fr}`,
    `# (${facts.join(', ')})`,
    `${needed ? '' : '# '}${name}=${quoted(value)}`,
  ].join('\n')
}

function isNeeded(required: Required, environment: string): boolean {
  return typeof required === 'boolean' ? required : Array.isArray(required) && required.includes(environment)
}

function requirement(required: Required): string {
  if (typeof required === 'boolean' || Array.isArray(required)) return 'optional'
  const when = Object.entries(required.when).map(([name, values]) => `${name}=${values.join('|')}`)
  return `required when ${when.join(' and ')}`
}

function describedChoice({ about, by, anyOf }: Choice): string {
  const lists = Object.entries(anyOf).map(([chosen, names]) => {
    const all = names.join(' + ') || '-'
    return by === undefined ? all : `${by}=${chosen}: ${all}`
  })
  const says = about ? `# ${about.en} / ${about.fr}\n` : ''
  return `${says}# Either / soit : ${lists.join(' | ')}`
}

/** As a shell, compose, systemd and Node read alike: bare, or in single quotes. */
function quoted(value: string): string {
  return /^[\w./:@,+=%-]*$/.test(value) ? value : `'${value.replaceAll("'", '’')}'`
}
