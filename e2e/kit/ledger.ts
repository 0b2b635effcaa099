import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { node, root } from './product.ts'

export interface LedgerEntry {
  /** `<order id>.<attempt>` */
  attempt: string
  event: 'start' | 'end'
  at: number
}

/** The payload of a shell.run whose program keeps a ledger of its own runs. */
export function ledgerProgram(file: string, seconds: number): { argv: string[] } {
  return { argv: [node, join(root, 'e2e/programs/ledger.ts'), file, String(seconds)] }
}

export function readLedger(file: string): LedgerEntry[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as LedgerEntry)
}
