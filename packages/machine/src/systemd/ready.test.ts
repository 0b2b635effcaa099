import { expect, test } from 'vitest'
import type { Gate } from '../ready.ts'
import { SimulatedHost } from '../testing/simulated-host.ts'
import { becomeReady } from './ready.ts'

const unit = 'gateway.service'
const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const line = '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1\n'
const connection = line.replace('00000000:0000 0A', '0100007F:1F90 01')

/** An app that listens on 8080 once so many half seconds have gone by, or never, or ends before. */
function setup({ listensAfter = Number.POSITIVE_INFINITY, endsAfter = Number.POSITIVE_INFINITY } = {}) {
  let pauses = 0
  const host = new SimulatedHost({
    files: { '/proc/net/tcp': head + connection, '/proc/net/tcp6': head },
    tools: {
      sleep({ args, machine }) {
        pauses += Number(args[0]) / 0.5
        if (pauses >= listensAfter) machine.put('/proc/net/tcp', head + connection + line)
        return {}
      },
      journalctl: () => ({
        stdout: `${JSON.stringify({ __REALTIME_TIMESTAMP: '1000000', MESSAGE: 'login with token-of-8080 refused' })}\n`,
      }),
      systemctl: () => ({
        stdout: `ActiveState=${pauses < endsAfter ? 'active' : 'failed'}\nNRestarts=0\nResult=exit-code\nExecMainStatus=1\nEnvironment=API_TOKEN=token-of-8080\n`,
      }),
    },
  })
  const until = (gate: Partial<Gate>) => becomeReady(host, unit, { settleSec: 1, ...gate })
  return { host, until, pauses: () => pauses }
}

const ready = { port: 8080, withinSec: 20 }

test('a service is there when it listens, and no sooner', async () => {
  const { until, pauses } = setup({ listensAfter: 16 })
  await until({ ready })
  expect(pauses()).toBe(16)
})

test('one that answers is there when it answers', async () => {
  const { host, until, pauses } = setup({ listensAfter: 2 })
  host.visited = () => ({ status: pauses() < 6 ? 503 : 204, body: '', certificate: null })
  await until({ ready: { ...ready, path: '/healthz' } })
  expect(pauses()).toBe(6)
})

test('one that does not come in time, or ends before, is refused', async () => {
  const late = setup()
  await expect(late.until({ ready })).rejects.toMatchObject({
    reason: 'service_not_ready',
    message:
      'gateway.service runs, and does not listen on port 8080 within 20 s. It said:\nlogin with [REDACTED] refused\nMore: service.systemd.logs, or journalctl -u gateway.service.',
  })
  expect(late.pauses()).toBe(40)
  await expect(setup({ endsAfter: 3 }).until({ ready })).rejects.toMatchObject({ reason: 'service_does_not_stay_up' })
})

test('one that listened before it was started anew must listen again, though nobody said so', async () => {
  const { until, pauses } = setup({ listensAfter: 20 })
  await until({ formerPorts: [8080] })
  expect(pauses()).toBe(20)
  await expect(setup().until({ formerPorts: [8080] })).rejects.toMatchObject({ reason: 'service_not_ready' })
})

test('where its variables say that it listens is waited for, and no failure: a worker has them too', async () => {
  const { until, pauses } = setup({ listensAfter: 20 })
  await until({ saidPort: 8080 })
  expect(pauses()).toBe(20)
  await setup().until({ saidPort: 8080 })
})

test('one of which nothing is known is watched for its time', async () => {
  const { until, pauses } = setup()
  await until({ settleSec: 5 })
  expect(pauses()).toBe(10)
})
