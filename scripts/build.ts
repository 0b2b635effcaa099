// One bundle that starts the whole product: `node dist/index.cjs` is `ikoma up`, with arguments it is the `ikoma` command.
import { cpSync, renameSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'

// Written aside and moved into place: whoever starts the product meanwhile finds the old bundle or the new one.
const draft = `dist/index.${process.pid}.cjs`
await build({
  entryPoints: ['packages/cli/src/bundle.ts'],
  outfile: draft,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minifySyntax: true,
  legalComments: 'none',
  // An optional native driver that we do not use.
  external: ['pg-native'],
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
  logOverride: { 'empty-import-meta': 'silent' },
})
// The documentation page works without a network: its assets travel with the bundle.
const kernel = createRequire(join(process.cwd(), 'packages/kernel/package.json'))
const swaggerUi = dirname(kernel.resolve('@fastify/swagger-ui/package.json'))
cpSync(join(swaggerUi, 'static'), 'dist/docs-assets', { recursive: true })
renameSync(draft, 'dist/index.cjs')
const megabytes = (statSync('dist/index.cjs').size / 1024 / 1024).toFixed(1)
process.stdout.write(`dist/index.cjs: ${megabytes} MB\n`)
