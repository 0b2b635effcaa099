import { expect, test } from 'vitest'
import { SimulatedHost } from '../testing/simulated-host.ts'
import { readLogEnd } from './log-end.ts'

/** tail(1), as far as it is asked. */
const tail = (content: string) =>
  new SimulatedHost({
    files: { '/var/log/app.log': content },
    tools: {
      tail({ args: [bytes = ''] }) {
        return { stdout: content.slice(-Number(bytes.replace('--bytes=', ''))) }
      },
    },
  })

test('the end of a log is its newest lines', async () => {
  expect(await readLogEnd(tail('one\ntwo\nthree\n'), '/var/log/app.log', 2)).toEqual(['two', 'three'])
  expect(await readLogEnd(tail(''), '/var/log/app.log', 2)).toEqual([])
})

test('a line of which only the end was read is left out, for half a secret is still one', async () => {
  const lines = await readLogEnd(tail(`secret-${'x'.repeat(200_000)}\nlast\n`), '/var/log/app.log', 300)
  expect(lines).toEqual(['last'])
})

test('a log that is not there is none, and no program is run for it', async () => {
  const host = tail('one\n')
  expect(await readLogEnd(host, '/var/log/other.log', 2)).toBeNull()
  expect(host.ran).toEqual([])
})
