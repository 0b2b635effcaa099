/** What the app's `db` command is asked for by the words of Alembic; null for those it does not know. */
export function alembicToDb(argv: readonly string[]): string[] | null {
  const [command = '', ...rest] = argv.filter((each) => !['-v', '--verbose'].includes(each))
  const [target] = rest
  if (rest.length > 1) return null
  if ((command === 'current' || command === 'history') && target === undefined) return [command]
  if (command === 'upgrade' && target !== undefined) return upgrade(target)
  if (command === 'downgrade' && target !== undefined) return downgrade(target)
  return null
}

function upgrade(target: string): string[] | null {
  if (target === 'head') return ['upgrade']
  const [, count] = /^\+([1-9]\d{0,3})$/.exec(target) ?? []
  if (count !== undefined) return ['upgrade', '-n', count]
  return revision.test(target) ? ['upgrade', '--to', target] : null
}

function downgrade(target: string): string[] | null {
  const [, count] = /^-([1-9]\d{0,3})$/.exec(target) ?? []
  if (count !== undefined) return ['downgrade', '-n', count]
  return revision.test(target) ? ['downgrade', '--to', target] : null
}

/** A migration's name or a part of it, or `base`. */
const revision = /^[A-Za-z0-9_][A-Za-z0-9_-]{2,120}$/

export const alembicUsage = {
  en: 'alembic: say current, history, upgrade head|+COUNT|NAME, or downgrade -COUNT|NAME|base',
  fr: 'alembic : dites current, history, upgrade head|+NOMBRE|NOM, ou downgrade -NOMBRE|NOM|base',
}
