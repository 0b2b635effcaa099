// Bundles the whole product into `dist/`: `node dist/index.cjs` is `ikoma up`, with arguments it is the `ikoma` command.
// The code is split where the sources import late, so that a runner never reads a server, nor SQLite's writer PostgreSQL.
import { cpSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { type BuildOptions, build, type OnResolveResult, type PluginBuild } from 'esbuild'

const common = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  // V8 keeps the source of what it may still compile. Names stay as they are, for stack traces.
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions

const { outputs } = (
  await build({
    ...common,
    entryPoints: ['packages/cli/src/main.ts', 'packages/store/src/sqlite/writer.ts'],
    // A name per content: what was started before keeps its parts.
    entryNames: '[name]-[hash]',
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    splitting: true,
    metafile: true,
    // An optional native driver that we do not use.
    external: ['pg-native'],
    // Its other form hides from the bundle what it requires.
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
    // For the libraries among it that are CommonJS.
    banner: { js: "const require=globalThis.process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
    plugins: [{ name: 'builtins', setup: requireBuiltins }],
  })
).metafile

// A program of its own, which other accounts run: one file, and of a name that does not change.
await build({
  ...common,
  entryPoints: ['packages/backup/src/program/main.ts'],
  outfile: 'dist/backup-program.mjs',
  format: 'esm',
  external: ['pg-native'],
  banner: { js: "const require=globalThis.process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
})

// Written aside and moved into place last: whoever starts the product meanwhile finds a beginning whose parts are there.
const draft = `dist/index.${process.pid}.cjs`
await build({
  ...common,
  entryPoints: ['packages/cli/src/bundle.ts'],
  outfile: draft,
  format: 'cjs',
  plugins: [
    {
      name: 'parts',
      setup: ({ onResolve }) => {
        onResolve({ filter: /^\.\/main\.ts$/ }, () => part('packages/cli/src/main.ts'))
        onResolve({ filter: /^@ikoma\/store\/writer$/ }, () => part('packages/store/src/sqlite/writer.ts'))
      },
    },
  ],
})

// The documentation page works without a network: its assets travel with the bundle.
const kernel = createRequire(join(process.cwd(), 'packages/kernel/package.json'))
const swaggerUi = dirname(kernel.resolve('@fastify/swagger-ui/package.json'))
cpSync(join(swaggerUi, 'static'), 'dist/docs-assets', { recursive: true })
renameSync(draft, 'dist/index.cjs')

const parts = Object.keys(outputs)
removeOldParts()
const megabytes = parts.reduce((sum, file) => sum + statSync(file).size, 0) / 1024 / 1024
process.stdout.write(`dist/index.cjs and ${parts.length} parts: ${megabytes.toFixed(1)} MB\n`)

/** An ES import of a built-in module reads all that it exports, and so loads what it would have loaded when used. */
function requireBuiltins({ onResolve, onLoad }: PluginBuild): void {
  const namespace = 'builtin'
  onResolve({ filter: /^[a-z:_/0-9]+$/ }, ({ path, kind }) =>
    isBuiltin(path) && kind !== 'require-call' ? { path, namespace } : undefined,
  )
  onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: `module.exports=require(${JSON.stringify(path)})` }))
}

/** What an entry point of the first build became, as its neighbour names it. */
function part(entryPoint: string): OnResolveResult {
  const built = Object.entries(outputs).find(([, output]) => output.entryPoint === entryPoint)
  if (!built) throw new Error(`${entryPoint} was not built`)
  return { path: `./${basename(built[0])}`, external: true }
}

/** Not those of a moment ago: a product that was started from them may not have read them all yet. */
function removeOldParts(): void {
  const yesterday = Date.now() - 86_400_000
  const old = readdirSync('dist')
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => `dist/${name}`)
    .filter((file) => !parts.includes(file) && statSync(file).mtimeMs < yesterday)
  for (const file of old) rmSync(file)
}
