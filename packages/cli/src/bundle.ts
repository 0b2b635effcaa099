// The one file of the bundle: the command in the main thread, the SQLite writer in its worker thread.
import { isMainThread } from 'node:worker_threads'

if (isMainThread)
  void import('./main.ts').then(({ main }) => main(process.argv.length > 2 ? process.argv.slice(2) : ['up']))
else void import('@ikoma/store/writer')
