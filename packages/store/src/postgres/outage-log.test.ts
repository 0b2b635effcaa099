import { AppError } from '@ikoma/kernel'
import { expect, it } from 'vitest'
import { outageLog } from './outage-log.ts'

function setup() {
  let now = 1_000_000
  const lines: { message: string; cause: unknown }[] = []
  const log = outageLog((message, cause) => lines.push({ message, cause }), { now: () => now })
  return { log, lines, pass: (ms: number) => (now += ms) }
}

it('says once in ten seconds that connections break, with the cause and as what has no stack in the log', () => {
  const { log, lines, pass } = setup()
  for (let n = 0; n < 13; n += 1) log('a connection broke', new Error('Connection terminated unexpectedly'))
  expect(lines).toHaveLength(1)
  expect(lines[0]?.cause).toMatchObject({
    code: 'unavailable',
    reason: 'store_unreachable',
    cause: { message: 'Connection terminated unexpectedly' },
  })
  pass(10_000)
  log('a connection broke', new Error('Connection terminated unexpectedly'))
  expect(lines).toHaveLength(2)
})

it('says another cause, and another thing that fails for the same one, at once', () => {
  const { log, lines } = setup()
  const full = new AppError('unavailable', 'The disk is full.', { reason: 'store_disk_full' })
  log('a write failed', new Error('gone'))
  log('a write failed', full)
  log('listening was interrupted', new Error('gone'))
  expect(lines.map(({ message }) => message)).toEqual(['a write failed', 'a write failed', 'listening was interrupted'])
})

it('says a clock that was set back no longer than one that was not', () => {
  const { log, lines, pass } = setup()
  log('a connection broke', new Error('gone'))
  pass(-3_600_000)
  log('a connection broke', new Error('gone'))
  expect(lines).toHaveLength(2)
})

it('says what is refused for its content each time, as it is', () => {
  const { log, lines } = setup()
  const refused = new AppError('unprocessable', 'PostgreSQL cannot store this.', { reason: 'value_not_storable' })
  log('a write failed', refused)
  log('a write failed', refused)
  expect(lines.map(({ cause }) => cause)).toEqual([refused, refused])
})
