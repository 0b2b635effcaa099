import type { PayloadOf } from '@ikoma/api'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { applyDirectory } from './system-directory-apply.ts'

const path = '/home/admin'
const ofAdmin = { mode: 0o750, owner: 'admin', group: 'admin' }

function setup() {
  const machine = new SimulatedHost()
  machine.putDirectory('/home')
  machine.putDirectory(path, ofAdmin)
  const apply = (wanted: Partial<PayloadOf<'system.directory.apply'>>) => {
    const payload = { path, owner: 'admin', group: 'admin', mode: '750', ...wanted }
    return applyDirectory(payload, actionContext({ machine }))
  }
  return { machine, apply }
}

test.each([{ owner: 'app' }, { owner: 'root' }, { group: 'app', mode: '770' }, { mode: '777' }])(
  'what an account has is not opened to another: %j',
  async (wanted) => {
    const { machine, apply } = setup()
    await expect(apply(wanted)).rejects.toMatchObject({ reason: 'owned_by_another' })
    expect(await machine.look(path)).toMatchObject(ofAdmin)
  },
)

test('what an account has may be closed, and asked for again', async () => {
  const { apply } = setup()
  expect(await apply({ mode: '700' })).toMatchObject({ output: { changed: true } })
  expect(await apply({ mode: '700' })).toMatchObject({ output: { changed: false } })
})
