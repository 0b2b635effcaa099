import { type CatalogueEntry, catalogue, type OrderTypeName } from '@ikoma/api'
import { newId } from '@ikoma/kernel'
import { newSigningKey } from '@ikoma/kernel/node'
import { Killed, type SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { describe, expect, test } from 'vitest'
import { actions } from '../actions/index.ts'
import type { Action, ActionResult } from '../order/action.ts'
import { admit } from '../order/admit.ts'
import { dispatch } from '../order/dispatch.ts'
import { policyOf } from '../order/policy.ts'
import { actionContext } from './action-context.ts'
import { signedClaim } from './signed-claim.ts'

export interface OrderTypeCase {
  type: OrderTypeName
  /** Makes something so, does something each time (a restart, a backup), or only looks. */
  kind: 'change' | 'act' | 'look'
  payload: Record<string, unknown>
  /** Not valid because of `field`, which the refusal names as `a.0.b`. */
  bad: { payload: Record<string, unknown>; field: string }
  /** A machine on which there is something to do, or to see. */
  machine(): SimulatedHost
  /** Programs without which it refuses; none when it needs none. */
  needs: readonly string[]
  /** Why a stop between two changes leaves something; nothing to say when everything is taken back. */
  staysAfterStop?: string
  /** More to expect of what it did or saw. */
  expectDone?(machine: SimulatedHost, result: ActionResult): void | Promise<void>
}

/**
 * What each order type must do in each of the eight situations: plan, apply, apply again, bad payload, missing privilege,
 * tool absent, killed half-way, canceled. The machine is simulated: the real tools have their own tests.
 */
export function describeOrderType(each: OrderTypeCase): void {
  const { type, kind, bad, machine: createMachine } = each
  const entry: CatalogueEntry = catalogue[type]

  describe(type, () => {
    test('plan: a dry run changes nothing, and shows the changes', async () => {
      const machine = createMachine()
      const before = machine.snapshot()
      const result = await run(each, machine, { dryRun: true })
      expect(result).toMatchObject({ ok: true })
      expect(machine.snapshot()).toEqual(before)
      if (kind === 'change') expect(changesOf(result)).not.toEqual([])
    })

    test('apply: it is done', async () => {
      const machine = createMachine()
      const result = await run(each, machine)
      expect(result).toMatchObject(kind === 'change' ? { ok: true, output: { changed: true } } : { ok: true })
      await each.expectDone?.(machine, result)
    })

    if (kind === 'act') {
      test('apply again: it is done again', async () => {
        const machine = createMachine()
        await run(each, machine)
        const again = await run(each, machine)
        expect(again).toMatchObject({ ok: true })
        await each.expectDone?.(machine, again)
      })
    } else {
      test('apply again: nothing changes, and it says so', async () => {
        const machine = createMachine()
        const first = await run(each, machine)
        const before = machine.snapshot()
        const second = await run(each, machine)
        expect(machine.snapshot()).toEqual(before)
        if (kind === 'look') return expect(second).toEqual(first)
        expect(second).toMatchObject({ ok: true, output: { changed: false, changes: [] } })
      })
    }

    test('bad payload: refused, naming the field', () => {
      const parsed = entry.payload.safeParse(bad.payload)
      expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toContain(bad.field)
    })

    test('missing privilege: refused before anything, unless it needs none', () => {
      const key = newSigningKey()
      const runnerId = newId()
      const claim = signedClaim(key, { runnerId, type, payload: each.payload })
      const identity = { runnerId, controlPlaneKey: { keyId: key.keyId, publicKey: key.publicKey } }
      const policy = policyOf({ scopes: ['*'], maxTimeoutSec: 60 })
      const journal = { has: () => false }
      const verdict = admit(claim, { identity, policy, journal, now: Date.now() })
      if ('refusal' in verdict) throw new Error(verdict.refusal.message)
      const chosen = dispatch(claim, verdict.admitted, { actions, executor: null, root: false })
      const refusal = 'refusal' in chosen ? chosen.refusal.code : 'none'
      expect(refusal).toBe(kind === 'look' && !entry.privileged ? 'none' : 'missing_privilege')
    })

    test('tool absent: refused with its name, and nothing changed', async () => {
      for (const tool of each.needs) {
        const machine = createMachine()
        machine.uninstall(tool)
        const before = machine.snapshot()
        const refusal = await run(each, machine).catch((error: unknown) => error)
        expect(reasonOf(refusal)).toBe('tool_absent')
        expect(machine.snapshot()).toEqual(before)
      }
    })

    test('killed half-way, after any call: the next run gets there', async () => {
      const clean = createMachine()
      await run(each, clean)
      for (let calls = 0; calls < clean.calls; calls += 1) {
        const machine = createMachine()
        machine.dieAfter(calls)
        await run(each, machine).catch((error: unknown) => expect(error).toBeInstanceOf(Killed))
        machine.revive()
        await expectThere(each, machine, clean)
      }
    })

    test(`canceled, after any call: ${each.staysAfterStop ?? 'what was done is taken back'}`, async () => {
      const clean = createMachine()
      const before = clean.snapshot()
      await run(each, clean)
      for (let calls = 1; calls < clean.calls; calls += 1) {
        const machine = createMachine()
        const stop = new AbortController()
        machine.afterCall((count) => void (count === calls && stop.abort(new Error('canceled'))))
        const ended = await run(each, machine, { signal: stop.signal }).catch(() => 'stopped')
        if (ended === 'stopped' && each.staysAfterStop === undefined) {
          expect(machine.snapshot(), `canceled after ${calls} calls`).toEqual(before)
        }
        machine.afterCall(() => {})
        await expectThere(each, machine, clean)
      }
    })
  })
}

/** Another run after a cut one ends where an undisturbed one does. */
async function expectThere(each: OrderTypeCase, machine: SimulatedHost, clean: SimulatedHost): Promise<void> {
  const result = await run(each, machine)
  expect(result).toMatchObject({ ok: true })
  if (each.kind === 'act') return each.expectDone?.(machine, result)
  expect(machine.snapshot()).toEqual(clean.snapshot())
}

async function run(
  { type, payload }: OrderTypeCase,
  machine: SimulatedHost,
  more: { dryRun?: boolean; signal?: AbortSignal } = {},
): Promise<ActionResult> {
  const action = actions[type] as Action<never>
  return action(catalogue[type].payload.parse(payload) as never, actionContext({ machine, ...more }))
}

function changesOf(result: ActionResult): unknown {
  return (result.output as { changes?: unknown } | undefined)?.changes
}

/** A refusal is thrown with a reason, or returned as an error with a code. */
function reasonOf(refusal: unknown): unknown {
  const { reason, errors } = refusal as { reason?: string; errors?: { code: string }[] }
  return reason ?? errors?.[0]?.code
}
