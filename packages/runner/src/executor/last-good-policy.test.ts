import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../testing/setup.ts'
import { policyInForce } from './last-good-policy.ts'

async function setup() {
  const folder = await temporaryDirectory()
  const [file, boot] = [join(folder, 'policy.json'), join(folder, 'boot_id')]
  await writeFile(boot, 'first\n')
  return { file, boot, read: (path = file) => policyInForce(path, folder, boot) }
}

test('an executor, which remembers nothing itself, goes on with the last policy that it understood', async () => {
  const { file, read } = await setup()
  await writeFile(file, '{"scopes":["system.directory"]}')
  expect(await read()).toMatchObject({ problem: null })
  await writeFile(file, '{"scopes":["*"],"appAccount":[]}')
  const { policy, problem } = await read()
  expect([policy.scopes, problem]).toEqual([['system.directory'], expect.stringContaining('"appAccounts"')])
})

test('after a boot a broken file allows nothing, as at any start', async () => {
  const { file, boot, read } = await setup()
  await writeFile(file, '{"scopes":["system"]}')
  await read()
  await writeFile(boot, 'second\n')
  await writeFile(file, '{')
  await expect(read()).rejects.toMatchObject({ reason: 'policy_invalid' })
})

test('the last good one of another file is none of this', async () => {
  const { file, read } = await setup()
  await writeFile(file, '{"scopes":["*"]}')
  await read()
  await writeFile(`${file}.other`, '{')
  await expect(read(`${file}.other`)).rejects.toMatchObject({ reason: 'policy_invalid' })
})
