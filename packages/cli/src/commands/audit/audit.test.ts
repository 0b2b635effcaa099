import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditFaultResource, AuditVerification } from '@ikoma/api'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ok } from '../../testing/fake-api.ts'
import { noon, page } from '../../testing/fixtures.ts'
import { createConnectedWorld } from '../../testing/world.ts'

function aVerification(patch: Partial<AuditVerification> = {}): AuditVerification {
  return {
    ok: true,
    events: 7,
    head: { seq: 7, hash: 'abc' },
    fault: null,
    faults: [],
    heads: { compared: 1, foreign: 0, unreadable: [] },
    next: null,
    ...patch,
  }
}

describe('audit', () => {
  it('verify ends with 1 when the chain is broken, and tells where', async () => {
    const { run, api } = await createConnectedWorld()
    const whole = aVerification({ events: 7 })
    const fault: AuditFaultResource = { seq: 5, fault: 'missing', head: null }
    const broken = aVerification({ ok: false, events: 4, fault, faults: [fault] })
    api.on('POST /v1/audit/verify', ok(whole), ok(broken))
    expect(await run('audit', 'verify')).toMatchObject({ code: 0, stdout: expect.stringContaining('7 events') })
    expect(await run('audit', 'verify')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('Event 5 is missing'),
    })
  })

  it('verify goes on from step to step, tells how far it is, and ends with what all steps compared', async () => {
    const { run, api } = await createConnectedWorld()
    const route = 'POST /v1/audit/verify'
    api.on(route, ok(aVerification({ ok: false, events: 5, next: 'there' })), ok(aVerification({ events: 7 })))
    const { code, stdout, stderr } = await run('audit', 'verify', '--json')
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { ok: true, events: 7, heads: { compared: 2 } }])
    expect(stderr).toContain('5 events checked')
    expect(api.seen(route).map(({ body }) => body)).toEqual([
      { heads: [], after: null },
      { heads: [], after: 'there' },
    ])
  })

  it('verify takes heads as they are, and out of a log', async () => {
    const { run, api } = await createConnectedWorld()
    const folder = mkdtempSync(join(tmpdir(), 'ikoma-heads-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const heads = ['a', 'b'].map((letter) => `iko_head.2.${letter}.${letter.repeat(86)}`)
    const log = join(folder, 'ikoma.log')
    writeFileSync(log, `{"msg":"x","auditHead":"${heads[0]}"}\n{"auditHead":"${heads[0]}"}\n`)
    const route = 'POST /v1/audit/verify'
    const fault: AuditFaultResource = { seq: 3, fault: 'truncated', head: { seq: 9, at: noon(), from: 'given' } }
    const none = aVerification({ heads: { compared: 0, foreign: 2, unreadable: [] } })
    api.on(route, ok(aVerification({ ok: false, fault, faults: [fault] })), ok(none))
    const cut = await run('audit', 'verify', '--head', log, heads[1] ?? '')
    expect(cut).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('cut off before event 3 (a head that you gave'),
    })
    expect(cut.stderr).toContain('delete audit.head')
    expect((await run('audit', 'verify', '--head', ...heads)).code).toBe(1)
    expect(api.seen(route).map(({ body }) => body)).toMatchObject([{ heads }, { heads }])
    writeFileSync(log, 'nothing')
    expect(await run('audit', 'verify', '--head', log)).toMatchObject({ code: 2, stderr: expect.stringContaining(log) })
  })

  it('list shows who did what', async () => {
    const { run, api } = await createConnectedWorld()
    const event = {
      seq: 1,
      at: noon(),
      actor: 'admin-key',
      action: 'token.created',
      subject: 'token:1',
      data: {},
      hash: 'h',
    }
    api.on('GET /v1/audit', ok(page([event])))
    expect((await run('audit', 'list', '--action', 'token.created')).stdout).toMatch(
      /1 +2026-11-20 12:00:00 +admin-key +token.created/,
    )
  })
})
