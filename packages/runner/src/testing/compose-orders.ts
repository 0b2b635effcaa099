import { catalogue, type OrderTypeName } from '@ikoma/api'
import { composeTools, containersIn } from '@ikoma/machine/testing/compose-tools'
import { expect } from 'vitest'
import { actions } from '../actions/index.ts'
import type { Action } from '../order/action.ts'
import { policyOf } from '../order/policy.ts'
import { actionContext } from './action-context.ts'
import { composeMachine } from './cases/compose.ts'

type Machine = ReturnType<typeof composeMachine>
export const project = { name: 'shop', directory: '/srv/shop' }

export async function run(type: OrderTypeName, given: object, machine: Machine, policy = policyOf({})) {
  const context = actionContext({ machine, policy })
  const result = await (actions[type] as Action<never>)(catalogue[type].payload.parse(given) as never, context)
  return { result, context }
}

export const up = (machine: Machine, more: object = {}) => run('service.compose.up', { ...project, ...more }, machine)
export const withService = (service: string) =>
  composeMachine({ compose: `services: { web: { image: "web:1", ${service} } }` })
export const revisions = (machine: Machine) =>
  Object.fromEntries(containersIn(machine, 'shop').map(({ service, revision }) => [service, revision]))

/** What compose was given of a project with this service, as the version of it that is installed would read it. */
export async function handed(service: string, { version = 2, files = {} as Record<string, string> } = {}) {
  const machine = composeMachine({
    version,
    compose: `services: { web: { image: "web:1", ${service} }, db: { image: "db:1" } }`,
  })
  for (const [path, content] of Object.entries(files)) machine.put(path, content)
  const inputs: string[] = []
  for (const name of ['docker', 'docker-compose']) {
    machine.install(name, (call) => {
      if (call.input !== '') inputs.push(call.input)
      return composeTools[name]?.(call) ?? { code: 1 }
    })
  }
  await up(machine)
  expect(new Set(inputs).size).toBe(1)
  const { labels: _, ...web } = JSON.parse(inputs[0] ?? '').services.web
  return web
}
