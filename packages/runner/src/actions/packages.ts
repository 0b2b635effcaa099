import type { OutputOf, PayloadOf } from '@ikoma/api'
import { installedVersions, packages } from '@ikoma/machine/apt'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { converging } from './converging.ts'

type Payload = PayloadOf<'system.packages.apply'>

const converge = converging(({ install, remove, upgradeDependencies }: Payload) => [
  packages({ install: install.map((name) => ({ name })), remove, upgradeDependencies }),
])

export async function applyPackages(
  payload: Payload,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'system.packages.apply'>>> {
  const { machine, policy } = context
  const named = [...payload.install, ...payload.remove]
  const forbidden = policy.packages.includes('*') ? [] : named.filter((name) => !policy.packages.includes(name))
  if (forbidden.length > 0) return refused(forbidden)
  const before = await installedVersions(machine)
  const result = await converge(payload, context)
  if (!result.ok) return result
  const after = await installedVersions(machine)
  const packagesOf = named.map((name) => ({
    name,
    before: before.get(name) ?? null,
    after: after.get(name) ?? null,
  }))
  return { ...result, output: { ...result.output, packages: packagesOf } }
}

function refused(names: readonly string[]): ActionResult<never> {
  const message = `The policy of this server does not allow orders to install or remove ${names.join(', ')}. Add them to "packages" in it.`
  return { ok: false, summary: message, errors: [{ code: 'refused_policy', message }], retryable: false }
}
