/** Every text by its path; a function counts by how many arguments it takes. */
export function texts(value: unknown, path = ''): [path: string, kind: string][] {
  if (typeof value === 'function') return [[path, `takes ${value.length}`]]
  if (typeof value === 'string') return [[path, value.trim() === '' ? 'empty' : 'text']]
  return Object.entries(value as object).flatMap(([key, inner]) => texts(inner, `${path}/${key}`))
}
