import { SimulatedHost } from '@ikoma/machine/testing/simulated-host'
import { expect, test } from 'vitest'
import { localProgram } from '../program/local-program.ts'
import { programTools, putBackup } from '../testing/program-tools.ts'
import { getManifest, listBackups } from './shelved-backup.ts'

const [id, other] = ['20260115T020000Z-1a2b3c', '20260116T020000Z-ffffff']
const shelf = { directory: '/var/backups/ikoma', name: 'app' }
const folder = '/var/backups/ikoma/app'

test('a manifest under the name of another backup is none, for a shelf on the server has no seals', async () => {
  const machine = new SimulatedHost({ tools: programTools })
  const tool = await localProgram()
  putBackup(machine, { id })
  const text = machine.contentOf(`${folder}/${id}.json`) ?? ''
  machine.put(`${folder}/${other}.json`, text, { mode: 0o600, owner: 'root', group: 'root' })
  await expect(getManifest(machine, tool, { shelf, id: other })).rejects.toMatchObject({ reason: 'backup_damaged' })
  expect((await listBackups(machine, tool, shelf)).map(({ manifest }) => manifest.id)).toEqual([id])
  // Its own name, and the file of another.
  const named = { ...JSON.parse(text), id: other }
  for (const file of [`${id}.sqlite.gz`, '..', `${other}`]) {
    machine.put(`${folder}/${other}.json`, JSON.stringify({ ...named, file }))
    await expect(getManifest(machine, tool, { shelf, id: other })).rejects.toMatchObject({ reason: 'backup_damaged' })
  }
  // The same text with its own name in it is one: nothing but the name was wrong.
  machine.put(`${folder}/${other}.json`, text.replaceAll(id, other), { mode: 0o600, owner: 'root', group: 'root' })
  expect(await getManifest(machine, tool, { shelf, id: other })).toMatchObject({ id: other })
})
