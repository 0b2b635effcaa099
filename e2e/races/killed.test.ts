import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '@ikoma/kernel'
import { expect, test } from 'vitest'
import { startSmtp } from '../../packages/backend/src/mail/testing/smtp.ts'
import { until } from '../kit/until.ts'
import type { Answer } from './api-process.ts'
import { type CarWash, type Client, openCarWash } from './car-wash.ts'

const bookings = 500

test('processes killed in the middle of 500 bookings lose none that was acknowledged, and tell of each once', async (hooks) => {
  const smtp = await startSmtp()
  hooks.onTestFinished(() => smtp.stop())
  const wash = await openCarWash({ bays: 8, env: { SMTP_URL: `smtp://127.0.0.1:${smtp.port}?tls=none` } }, hooks)
  const [clients, admin] = [await wash.clients(20), await wash.admin()]
  const starts = await wash.starts(Math.ceil(bookings / 8) + 10)
  const wanted = starts.flatMap((start) => wash.bays.map((bay) => ({ start, bay }))).slice(0, bookings)
  const over = new AbortController()
  const nemesis = killNowAndThen(wash, over.signal)
  const acknowledged: string[] = []
  let broken = 0
  const onBreak = () => {
    broken += 1
  }
  const placeAll = async (client: Client) => {
    for (let next = wanted.shift(); next; next = wanted.shift()) {
      const key = newId()
      const booking = wash.booking(client, next.start, next.bay)
      const placed = await insistent(
        () => client.call('POST', '/bookings', booking, { 'idempotency-key': key }),
        onBreak,
      )
      expect(placed.status, JSON.stringify(placed.body)).toBe(201)
      acknowledged.push(placed.body.id)
      // In the same transaction a letter is written down. Whose answer was lost finds it confirmed.
      const confirmed = await insistent(() => admin('POST', `/bookings/${placed.body.id}/confirm`, {}), onBreak)
      expect(confirmed.status === 200 || confirmed.body.error.code === 'WRONG_STATUS').toBe(true)
    }
  }
  await Promise.all(clients.map(placeAll))
  over.abort()
  const kills = await nemesis
  expect(
    [kills, broken].every((count) => count > 0),
    `${kills} kills, ${broken} broken calls`,
  ).toBe(true)
  const rows = await wash.database.query("select id from bookings where status = 'confirmed'")
  expect(rows.map(({ id }) => id).toSorted()).toEqual(acknowledged.toSorted())
  expect(await wash.faults()).toEqual([])
  await everyLetterOnce(wash, smtp.mails, bookings + clients.length)
}, 600_000)

/** Asks until an answer comes: by the same key, what was done before the process died is answered, not done again. */
async function insistent(call: () => Promise<Answer>, onBreak: () => void): Promise<Answer> {
  for (;;) {
    const answer = await call().catch(() => null)
    // In progress: the process that had it may be dead, its claim of the key is over after a while.
    if (answer && answer.status < 500 && answer.body.error?.code !== 'REQUEST_IN_PROGRESS') return answer
    if (answer === null) onBreak()
    await sleep(50)
  }
}

async function killNowAndThen(wash: CarWash, signal: AbortSignal): Promise<number> {
  let kills = 0
  while (!signal.aborted) {
    await sleep(500 + Math.random() * 1_000)
    const victim = kills % 2
    await wash.kill(victim)
    await wash.start(victim)
    kills += 1
  }
  return kills
}

/** A server that dies between the mail server's answer and its own note sends once more, by the same Message-ID. */
async function everyLetterOnce(wash: CarWash, mails: readonly string[], count: number): Promise<void> {
  const ids = () => new Set(mails.map((mail) => /^message-id: *(\S+)/im.exec(mail)?.[1]))
  await until(`${count} letters`, () => ids().size >= count, 120_000)
  const left = `select count(*)::int as n from pgboss.job where name = 'mail' and state not in ('completed')`
  await until('no letter is left', async () => (await wash.database.query(left))[0]?.n === 0, 120_000)
  expect(ids().size).toBe(count)
}
