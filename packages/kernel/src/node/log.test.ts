import { expect, test } from 'vitest'
import { createLog } from './log.ts'

test('the log never shows a credential', () => {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => lines.push(line) })
  const request = { headers: { 'x-api-key': 'k' } }
  log.info({ token: 'app_key_x', runner: { tokenHash: 'h' }, headers: { cookie: 'k' }, req: request }, 'hello')
  expect(lines.join()).toContain('hello')
  expect(lines.join()).not.toMatch(/app_key_x|"h"|"k"/)
})
