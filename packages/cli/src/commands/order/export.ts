import { rename, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import type { Sink } from '../../io.ts'
import { printableJsonText } from '../../printable.ts'
import { addOrderFilters, type OrderFilterOptions, orderFilters } from './order-filters.ts'

export interface ExportOrdersOptions extends OrderFilterOptions {
  output?: string
}

export function exportOrdersCommand(cli: Cli): Command {
  return addOrderFilters(cli.command('order export'), cli.t)
    .option('-o, --output <file>', cli.t.options.output)
    .action(cli.remote(exportOrders))
}

export async function exportOrders(options: ExportOrdersOptions, context: RemoteContext): Promise<number> {
  const { client, io, out, t } = context
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
  out.note(t.exported(counter.lines))
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
