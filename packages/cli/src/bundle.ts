// Where the bundle begins: the command in the main thread, the SQLite writer in its worker thread.
import { isMainThread } from 'node:worker_threads'

const neededNode = 24

if (Number.parseInt(process.versions.node, 10) < neededNode) {
  const here = `this is ${process.version} (${process.execPath})`
  process.stderr.write(`IKOMA needs Node.js ${neededNode} or newer; ${here}.\n`)
  process.exitCode = 1
} else if (isMainThread)
  void import('./main.ts').then(({ main }) => main(process.argv.length > 2 ? process.argv.slice(2) : ['up']))
else void import('@ikoma/store/writer')
