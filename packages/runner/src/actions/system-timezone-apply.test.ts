import { fileTools } from '@ikoma/machine/testing/file-tools'
import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { applyTimezone } from './system-timezone-apply.ts'

function setup() {
  const files = { '/usr/share/zoneinfo/Europe/Paris': 'TZif2', '/etc/timezone': 'Europe/Paris\n' }
  const machine = new SimulatedHost({ files, tools: fileTools })
  return { machine, apply: (zone: string) => applyTimezone({ zone }, actionContext({ machine })) }
}

test.each(['Europe/Berlin', 'Europe'])('a zone that the machine has not, such as %s, is refused', async (zone) => {
  const { machine, apply } = setup()
  const before = machine.snapshot()
  await expect(apply(zone)).rejects.toMatchObject({ reason: 'unknown_zone' })
  expect(machine.snapshot()).toEqual(before)
})

test('the link as timedatectl writes it is the same zone', async () => {
  const { machine, apply } = setup()
  machine.putLink('/etc/localtime', '../usr/share/zoneinfo/Europe/Paris')
  expect(await apply('Europe/Paris')).toMatchObject({ output: { changed: false } })
})

test('rules that are a file are not thrown away', async () => {
  const { machine, apply } = setup()
  machine.put('/etc/localtime', 'TZif2 of its own')
  await expect(apply('Europe/Paris')).rejects.toMatchObject({ reason: 'not_a_link' })
})
