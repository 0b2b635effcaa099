import { expect, test } from 'vitest'
import * as places from './places.ts'
import { renderExecutorSocket, renderExecutorUnit, renderRunnerUnit } from './units.ts'

const program = { node: '/opt/ikoma/node', entry: '/opt/ikoma/dist/index.cjs', build: 'ab12cd34ef56' }

test.each([
  [places.runnerUnit, () => renderRunnerUnit(program)],
  [places.executorSocket, renderExecutorSocket],
  [places.executorTemplate, () => renderExecutorUnit(program)],
])('%s is as it was read and agreed to', async (name, render) => {
  await expect(render()).toMatchFileSnapshot(`golden/${name}`)
})
