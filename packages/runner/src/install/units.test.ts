import { expect, test } from 'vitest'
import * as places from './places.ts'
import { executorSocket, executorUnit, runnerUnit } from './units.ts'

const program = { node: '/opt/ikoma/node', entry: '/opt/ikoma/dist/index.cjs', build: 'ab12cd34ef56' }

test.each([
  [places.runnerUnit, () => runnerUnit(program)],
  [places.executorSocket, executorSocket],
  [places.executorTemplate, () => executorUnit(program)],
])('%s is as it was read and agreed to', async (name, render) => {
  await expect(render()).toMatchFileSnapshot(`golden/${name}`)
})
