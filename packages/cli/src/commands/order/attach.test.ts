import { describe, expect, it } from 'vitest'
import { ok, problem, type SentEvent, stream } from '../../testing/fake-api.ts'
import { aLine, anOrder, claimed, noon, orderId, running, succeeded } from '../../testing/fixtures.ts'
import { createConnectedWorld } from '../../testing/world.ts'

const logs = `GET /v1/orders/${orderId}/logs`
const follow = ['order', 'logs', '-f', orderId]
const status = (data: unknown): SentEvent => ({ event: 'status', data })
const line = (text: string, id: string): SentEvent => ({ event: 'line', id, data: aLine(text) })

async function setup(...replies: ReturnType<typeof stream>[]) {
  const world = await createConnectedWorld()
  world.api.on(`GET /v1/orders/${orderId}`, ok(running))
  world.api.on(logs, ...replies)
  return world
}

describe('following an order', () => {
  it('ends with the order and its exit code', async () => {
    const { run } = await setup(stream([line('hello', '1.0'), status(succeeded)]))
    expect(await run(...follow)).toMatchObject({ code: 0, stdout: 'hello\n' })
  })

  it('asks for the report, which is not in what is followed', async () => {
    const { payload: _payload, report: _report, ...summary } = succeeded
    const { run, api } = await setup(stream([status({ ...summary, outcome: 'succeeded', summary: '9 checks passed' })]))
    api.on(`GET /v1/orders/${orderId}`, ok(running), ok(succeeded))
    const { code, stderr } = await run(...follow)
    expect([code, stderr]).toEqual([0, expect.stringContaining('9 checks passed, 1 warning')])
  })

  it('goes on after the last line seen when the connection breaks', async () => {
    const { run, api } = await setup(
      stream([status(running), line('one', '1.0')], 'break'),
      problem(503, 'unavailable', 'Starting.'),
      stream([status(running), line('two', '1.1'), status(succeeded)]),
    )
    const { code, stdout, stderr } = await run(...follow)
    expect([code, stdout]).toEqual([0, 'one\ntwo\n'])
    expect(stderr.match(/reconnecting/g)).toHaveLength(1)
    expect(stderr.match(/running/g)).toHaveLength(1)
    expect(api.seen(logs).map(({ query }) => query.cursor)).toEqual([undefined, '1.0', '1.0'])
  })

  it('asks again when the stream ends before the order does', async () => {
    const { run, api } = await setup(stream([status(running)]), stream([status(succeeded)]))
    expect((await run(...follow)).code).toBe(0)
    expect(api.seen(logs)).toHaveLength(2)
  })

  it('gives up after a long silence with an unknown outcome', async () => {
    const { run } = await setup(stream([], 'break'))
    const { code, stderr } = await run(...follow)
    expect(code).toBe(6)
    expect(stderr).toContain('no longer answers')
  })

  it('does not try again what the control plane refuses', async () => {
    const { run, api } = await setup(problem(403, 'forbidden', 'Not for viewers.'))
    expect((await run(...follow)).code).toBe(5)
    expect(api.seen(logs)).toHaveLength(1)
  })

  it('ends at Ctrl-C, leaves the order alone and says how to come back or cancel', async () => {
    const { run, api, seen, interrupt } = await setup(stream([status(running), line('working', '1.0')], 'hang'))
    const ended = run(...follow)
    await expect.poll(() => seen.stdout).toContain('working')
    interrupt()
    const { code, stderr } = await ended
    expect(code).toBe(130)
    expect(stderr).toContain(
      'The order goes on.\n  Follow it: ikoma order logs -f a7f3c1b9\n  Cancel it: ikoma order cancel',
    )
    expect(api.requests.map(({ route }) => route)).not.toContain(`POST /v1/orders/${orderId}/cancel`)
  })

  it('waits no longer than --wait-timeout', async () => {
    const { run } = await setup(stream([status(claimed)], 'hang'))
    const { code, stderr } = await run(...follow, '--wait-timeout', '0')
    expect([code, stderr]).toEqual([6, expect.stringContaining('Waited long enough')])
  })

  it('says when an order that is to run later may begin', async () => {
    const later = anOrder({ runAt: noon(3600) })
    const { run, api } = await setup(stream([status(later)], 'hang'))
    api.on(`GET /v1/orders/${orderId}`, ok(later))
    const { stderr } = await run(...follow, '--wait-timeout', '0')
    expect(stderr).toContain('queued, not before 2026-11-20 13:00:00')
  })

  it('says who must do what while it waits for approval', async () => {
    const pending = anOrder({ status: 'PENDING_APPROVAL' })
    const { run, api } = await setup(stream([status(pending), status(anOrder()), status(running), status(succeeded)]))
    api.on(`GET /v1/orders/${orderId}`, ok(pending))
    const { code, stderr } = await run(...follow)
    expect(code).toBe(0)
    expect(stderr).toContain('waiting for approval\n  A person must approve it: ikoma order approve a7f3c1b9')
    expect(stderr).toMatch(/waiting for approval[\s\S]*queued[\s\S]*running[\s\S]*succeeded/)
  })
})
