import { AppError } from '@ikoma/kernel'
import type { RemoteContext } from '../../cli.ts'
import { findHost, findRunner } from '../../lookup.ts'

export interface TargetOptions {
  runner?: string
  host?: string
  scope?: string
}

export interface ChosenTarget {
  /** How a person knows it. */
  name: string
  body: { runnerId: string } | { serverId: string } | { scope: string }
}

/** Who is to execute an order: what the options name, or the only runner there is. */
export async function chooseTarget(options: TargetOptions, context: RemoteContext): Promise<ChosenTarget> {
  const { t } = context
  const { runner, host, scope } = options
  if ([runner, host, scope].filter((given) => given !== undefined).length > 1) {
    throw new AppError('invalid', t.target.several, { reason: 'several_targets' })
  }
  if (scope !== undefined) return { name: t.target.scope(scope), body: { scope } }
  if (host !== undefined) {
    const { id, name } = await findHost(host, context)
    return { name, body: { serverId: id } }
  }
  const { id, name } = runner === undefined ? await onlyRunner(context) : await findRunner(runner, context)
  return { name, body: { runnerId: id } }
}

async function onlyRunner({ client, t }: RemoteContext) {
  const { items } = await client.listRunners({ limit: 50 })
  const [first, second] = items
  if (!first) throw new AppError('unprocessable', t.target.noRunner, { reason: 'no_runner' })
  if (!second) return first
  throw new AppError('invalid', t.target.chooseRunner, {
    reason: 'several_runners',
    fields: items.map(({ name, status }) => ({ field: '', message: `--runner ${name}  (${t.runnerStatus[status]})` })),
  })
}
