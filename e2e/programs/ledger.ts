// Writes down, on disk, when it was begun and ended: `ledger.ts <file> <seconds>`.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const [, , file = '', seconds = '0'] = process.argv

record('start')
await sleep(Number(seconds) * 1000)
record('end')

function record(event: 'start' | 'end'): void {
  const ledger = openSync(file, 'a')
  writeSync(ledger, `${JSON.stringify({ attempt: process.env.IKOMA_ORDER, event, at: Date.now() })}\n`)
  fsyncSync(ledger)
  closeSync(ledger)
}
