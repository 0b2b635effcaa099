import { readFileSync, statSync } from 'node:fs'
import { AppError } from '@ikoma/kernel'
import { type Contract, readContract } from '@ikoma/kernel/contract'
import { parseDocument } from 'yaml'

const maxBytes = 256 * 1024

/** The contract that a file `env.contract.yaml` holds. Rejects with every problem of the file, each with its place. */
export function readContractFile(file: string): Contract {
  const text = readBounded(file)
  // Core has no merges and no times, and a key that is there twice is an error.
  const document = parseDocument(text, { schema: 'core', version: '1.2', uniqueKeys: true })
  const [fault] = [...document.errors, ...document.warnings]
  // The parser's own message would show the line.
  if (fault) throw unreadable(`line ${fault.linePos?.[0].line ?? 1} of ${file} is not YAML (${fault.code})`)
  return readContract(contentOf(document, file))
}

function contentOf(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    throw unreadable(`${file} has too many aliases, or one that leads nowhere`)
  }
}

function readBounded(file: string): string {
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size === undefined) throw unreadable(`there is no ${file}`)
  if (size > maxBytes) throw unreadable(`${file} has more than ${maxBytes} bytes`)
  return readFileSync(file, 'utf8')
}

function unreadable(why: string): AppError {
  return new AppError('invalid', `The environment contract cannot be read: ${why}.`, { reason: 'contract_unreadable' })
}
