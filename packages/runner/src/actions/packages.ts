import type { OutputOf, PayloadOf } from '@ikoma/api'
import {
  packages as desiredPackages,
  dpkgFinished,
  installedVersions,
  listUpdates,
  rebootReasons,
  refreshLists,
  upToDate,
} from '@ikoma/machine/apt'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import type { Policy } from '../order/policy.ts'
import { lineAdding } from '../order/policy-line.ts'
import { converging } from './converging.ts'

export const packages = {
  'system.packages.apply': applyPackages,
  'system.updates.apply': applyUpdates,
} satisfies FamilyActions<'packages'>

const convergePackages = converging(({ install, remove, upgradeDependencies }: PayloadOf<'system.packages.apply'>) => [
  desiredPackages({ install: install.map((name) => ({ name })), remove, upgradeDependencies }),
])

async function applyPackages(
  payload: PayloadOf<'system.packages.apply'>,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'system.packages.apply'>>> {
  const { machine, policy } = context
  const named = [...payload.install, ...payload.remove]
  const forbidden = policy.packages.includes('*') ? [] : named.filter((name) => !policy.packages.includes(name))
  if (forbidden.length > 0) return refused(forbidden, policy)
  const before = await installedVersions(machine)
  const result = await convergePackages(payload, context)
  if (!result.ok) return result
  const after = await installedVersions(machine)
  const packagesOf = named.map((name) => ({
    name,
    before: before.get(name) ?? null,
    after: after.get(name) ?? null,
  }))
  return { ...result, output: { ...result.output, packages: packagesOf } }
}

function refused(names: string[], policy: Policy): ActionResult<never> {
  const message = `The policy of this server does not allow orders to install or remove ${names.join(', ')}. ${lineAdding(policy, 'packages', names)}`
  return { ok: false, summary: message, errors: [{ code: 'refused_policy', message }], retryable: false }
}

const convergeUpdates = converging(({ scope }: PayloadOf<'system.updates.apply'>) => [upToDate(scope)])

const convergeBegun = converging(() => [dpkgFinished()])

/** The lists are fetched for a plan too: by old ones it would promise what is not there any more. */
async function applyUpdates(
  payload: PayloadOf<'system.updates.apply'>,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'system.updates.apply'>>> {
  const { machine, step, dryRun } = context
  // apt neither foresees nor upgrades anything before.
  const begun = await convergeBegun(payload, context)
  if (!begun.ok) return begun
  const finished = begun.output?.changes ?? []
  if (dryRun && finished.length > 0)
    return { ...begun, summary: `${begun.summary} ${onlyThen}`, output: nothingYet(finished) }
  await step('fetch the package lists', () => refreshLists(machine))
  const upgraded = await listUpdates(machine, payload.scope)
  const result = await convergeUpdates(payload, context)
  if (!result.ok) return result
  const reasons = await rebootReasons(machine)
  const rebootRequired = reasons.length > 0
  const done = finished.length > 0 ? `Finished what dpkg had begun. ${result.summary}` : result.summary
  const summary = rebootRequired ? `${done} A reboot is required: ${reasons.join(', ')}.` : done
  const { changed = false, changes = [] } = result.output ?? {}
  const all = { changed: changed || finished.length > 0, changes: [...finished, ...changes] }
  return { ok: true, summary, output: { ...all, upgraded, rebootRequired, rebootReasons: reasons } }
}

const onlyThen = 'What there is to upgrade can be said only then.'

const nothingYet = (changes: OutputOf<'system.updates.apply'>['changes']) => ({
  ...{ changed: false, changes, upgraded: [] },
  ...{ rebootRequired: false, rebootReasons: [] },
})
