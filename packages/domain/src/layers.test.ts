import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')

interface Import {
  /** From the repository's root. */
  file: string
  specifier: string
  /** Gone when it runs. */
  typeOnly: boolean
}

const files = globSync('packages/*/src/**/*.ts', { cwd: root }).filter((file) => !file.includes('node_modules'))
/** What is built: tests, and what they are made with, may reach anywhere. */
const sources = files.filter((file) => !/\.test\.ts$|\/(testing|conformance)\//.test(file))
const imports = sources.flatMap(importsOf)
const packageOf = (file: string) => file.split('/')[1] ?? ''

/** `machine` allows each of its rooms; `kernel` its root alone. The table of CONTRIBUTING.md is the rule. */
const mayImport = new Map(
  [...readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').matchAll(/^\| ([a-z-]+) \| ([a-z][^|]*) \|$/gm)]
    .filter(([, name]) => name !== 'package')
    .map(([, name = '', allowed = '']) => [name, allowed === 'nothing of ours' ? [] : allowed.split(', ')]),
)

test('every package imports what the table of CONTRIBUTING.md allows, and nothing else of ours', () => {
  expect(new Set(mayImport.keys())).toEqual(new Set(sources.map(packageOf)))
  const wrong = imports.filter(({ file, specifier }) => {
    const [scope, name = '', room] = specifier.split('/')
    if (scope !== '@ikoma') return false
    const allowed = mayImport.get(packageOf(file)) ?? []
    return !allowed.some((each) => [room ? `${name}/${room}` : name, `${name}/*`, 'everything'].includes(each))
  })
  expect(wrong).toEqual([])
})

test('relative imports stay in their package', () => {
  expect(
    imports.filter(({ file, specifier }) => packageOf(targetOf(file, specifier) ?? file) !== packageOf(file)),
  ).toEqual([])
})

test('a room of machine is entered by its door', () => {
  const roomOf = (file: string) => /^packages\/machine\/src\/([a-z0-9-]+)\//.exec(file)?.[1]
  const wrong = imports.filter(({ file, specifier }) => {
    const target = targetOf(file, specifier)
    const room = target && roomOf(target)
    return room && room !== roomOf(file) && target !== `packages/machine/src/${room}/index.ts`
  })
  expect(wrong).toEqual([])
})

test('what tests are made with is not shipped', () => {
  expect(imports.filter(({ specifier }) => /(^|\/)testing(\/|$)/.test(specifier))).toEqual([])
})

test('rules and the wire do no I/O', () => {
  const pure = /^packages\/(domain|api)\/src\/|^packages\/kernel\/src\/(contract\/)?[a-z-]+\.ts$/
  const impure = imports.filter(({ file, specifier }) => pure.test(file) && specifier.startsWith('node:'))
  // SHA-256, which both stores and whoever verifies the chain must compute alike.
  expect(impure.map(({ file }) => file)).toEqual(['packages/domain/src/audit-chain.ts'])
})

test('programs are started in four places', () => {
  const starting = imports.filter(({ specifier }) => specifier === 'node:child_process').map(({ file }) => file)
  // The database of an app that has none: its programs, and the lock on its directory.
  const embedded = /^packages\/backend\/src\/postgres\/(server-process|directory-lock)\.ts$/
  expect(starting.filter((file) => !embedded.test(file)).toSorted()).toEqual([
    'packages/backup/src/program/postgres/session.ts',
    'packages/cli/src/processes/runner-process.ts',
    'packages/runner/src/host/process-tree.ts',
  ])
})

test('databases are opened by the stores, the backup program and what apps stand on', () => {
  const drivers = /^(node:sqlite|pg|drizzle-orm)(\/|$)/
  const opening = imports.filter(({ specifier }) => drivers.test(specifier)).map(({ file }) => file)
  expect(opening.filter((file) => !/^packages\/(store\/src|backup\/src\/program|backend\/src)\//.test(file))).toEqual(
    [],
  )
})

test('HTTP ends at the routes of the control plane', () => {
  const speaking = imports.filter(({ specifier }) => /^(fastify(-.*)?|@ikoma\/kernel\/http)$/.test(specifier))
  const controlPlane = speaking.map(({ file }) => file).filter((file) => packageOf(file) === 'control-plane')
  const below = controlPlane.filter((file) => !file.startsWith('packages/control-plane/src/routes/'))
  expect([...new Set(below)].toSorted()).toEqual([
    'packages/control-plane/src/access.ts',
    'packages/control-plane/src/control-plane.ts',
  ])
})

test('no route imports another: what they share has a file of its own', () => {
  const routes = 'packages/control-plane/src/routes'
  const shared = ['app', 'declared-errors', 'find-order', 'paging', 'patch'].map((name) => `${routes}/${name}.ts`)
  const wrong = imports.filter(({ file, specifier }) => {
    const target = targetOf(file, specifier)
    return file.startsWith(routes) && target?.startsWith(routes) && !shared.includes(target)
  })
  expect(wrong).toEqual([])
})

test('no files import one another in a circle when they run', () => {
  const graph = new Map<string, string[]>()
  for (const { file, specifier, typeOnly } of imports) {
    const target = typeOnly ? null : targetOf(file, specifier)
    if (target) graph.set(file, [...(graph.get(file) ?? []), target])
  }
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return null
    for (const next of graph.get(file) ?? []) {
      const circle = walk(next, [...path, file])
      if (circle) return circle
    }
    done.add(file)
    return null
  }
  expect(sources.map((file) => walk(file, [])).find((circle) => circle !== null)).toBeUndefined()
})

test('no package is more than a quarter of the house', () => {
  const lines = Map.groupBy(files, packageOf)
  const sizes = [...lines].map(([name, own]) => ({ name, lines: own.reduce((sum, file) => sum + linesOf(file), 0) }))
  const all = sizes.reduce((sum, each) => sum + each.lines, 0)
  expect(sizes.filter((each) => each.lines > all / 4)).toEqual([])
})

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  const statements = text.matchAll(/^(?:import|export) (type )?(?:([^'"]*?) from )?'([^']+)'/gm)
  const late = text.matchAll(/\bimport\('([^']+)'\)/g)
  return [
    ...[...statements].map(([, type, names = '', specifier = '']) => {
      const every = /^\{([^}]*)\}$/s
        .exec(names)?.[1]
        ?.split(',')
        .map((each) => each.trim())
      const typeOnly = type !== undefined || (every?.every((each) => each === '' || each.startsWith('type ')) ?? false)
      return { file, specifier, typeOnly }
    }),
    // What is read when it is needed closes no circle.
    ...[...late].map(([, specifier = '']) => ({ file, specifier, typeOnly: true })),
  ]
}

function targetOf(file: string, specifier: string): string | null {
  return specifier.startsWith('.') ? relative(root, join(root, dirname(file), specifier)) : null
}

function linesOf(file: string): number {
  return readFileSync(join(root, file), 'utf8').split('\n').length
}
