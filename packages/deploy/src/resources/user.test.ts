import { expect, test } from 'vitest'
import { SimulatedHost } from '../testing/simulated-host.ts'
import { user } from './user.ts'

test.each(['sudo', 'docker', 'root', 'disk'])('nobody is made as good as root through the group %s', async (group) => {
  const machine = new SimulatedHost({ tools: { getent: () => ({ code: 2 }) } })
  const wanted = user({ name: 'app', home: '/var/lib/app', shell: '/bin/bash', groups: ['www-data', group] })
  await expect(wanted(machine)).rejects.toMatchObject({ reason: 'powerful_group' })
  expect(machine.ran).toEqual([])
})
