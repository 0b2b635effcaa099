import { rename, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import type { Sink } from '../../io.ts'
import { printableJsonText } from '../../printable.ts'
import { translated } from '../../words.ts'
import { addOrderFilters, type OrderFilterOptions, orderFilters } from './order-filters.ts'

export interface ExportOrdersOptions extends OrderFilterOptions {
  output?: string
}

export function exportOrdersCommand(cli: Cli): Command {
  return addOrderFilters(cli.command('export', words), cli)
    .option('-o, --output <file>', words[cli.language].options.output)
    .action(cli.remote(exportOrders))
}

export async function exportOrders(options: ExportOrdersOptions, context: RemoteContext): Promise<number> {
  const { client, io, out, language } = context
  const interrupted = new AbortController()
  const stopListening = io.onInterrupt(() => interrupted.abort())
  const counter = { lines: 0 }
  const text = counting(client.exportOrders(await orderFilters(options, context), interrupted), counter)
  try {
    if (options.output === undefined) await print(text, io.stdout)
    else await save(text, resolve(io.cwd, options.output), context)
  } catch (error) {
    if (interrupted.signal.aborted) return exitCodes.interrupted
    throw error
  } finally {
    stopListening()
  }
  out.note(words[language].exported(counter.lines))
  return exitCodes.ok
}

async function print(text: AsyncIterable<string>, stdout: Sink): Promise<void> {
  for await (const piece of text) {
    stdout.write(printableJsonText(piece))
    // Nobody reads on (`| head`): then there is no more to ask for.
    if (!(await stdout.ready())) return
  }
}

/** The file is there once it is whole. */
async function save(text: AsyncIterable<string>, path: string, { t }: RemoteContext): Promise<void> {
  const draft = `${path}.part`
  try {
    await writeFile(draft, text, { mode: 0o600, flush: true })
    await rename(draft, path)
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {})
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause
    throw new AppError('invalid', t.errors.unwritableFile(path, cause.message), { reason: 'file_unwritable', cause })
  }
}

async function* counting(text: AsyncIterable<string>, counter: { lines: number }): AsyncGenerator<string> {
  for await (const piece of text) {
    counter.lines += piece.split('\n').length - 1
    yield piece
  }
}

const words = translated({
  en: {
    summary: 'Write ended orders as NDJSON, one a line',
    details: 'Each line is an order with its report, its events and its log, the newest first.',
    examples: [
      ['ikoma order export --since 30d --output orders.ndjson', 'the last month, into a file'],
      ['ikoma order export --status FAILED | jq -r .statusReason', 'into another program'],
    ],
    options: { output: 'file to write to, instead of standard output' },
    exported: (count: number) => `${count} ${count === 1 ? 'order' : 'orders'} exported.`,
  },
  fr: {
    summary: 'Écrire les ordres terminés en NDJSON, un par ligne',
    details: 'Chaque ligne est un ordre avec son rapport, ses événements et son journal, le plus récent d’abord.',
    examples: [
      ['ikoma order export --since 30d --output orders.ndjson', 'le dernier mois, dans un fichier'],
      ['ikoma order export --status FAILED | jq -r .statusReason', 'vers un autre programme'],
    ],
    options: { output: 'fichier à écrire, au lieu de la sortie standard' },
    exported: (count) => `${count} ${count > 1 ? 'ordres exportés' : 'ordre exporté'}.`,
  },
})
