import { execFileSync } from 'node:child_process'
import { symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../testing/setup.ts'
import { readPolicyFile } from './policy.ts'
import { showPolicy } from './shown-policy.ts'

async function policyOf(content: string) {
  const stateDir = await temporaryDirectory()
  const path = join(stateDir, 'policy.json')
  await writeFile(path, content)
  return readPolicyFile(path)
}

describe('the local policy', () => {
  it('allows examining and checking, and no program, when nobody wrote one', async () => {
    const { types } = await readPolicyFile(join(await temporaryDirectory(), 'policy.json'))
    expect(types).toEqual(expect.arrayContaining(['runner.selftest', 'system.facts.collect', 'check.http.run']))
    expect(types).not.toContain('shell.run')
  })

  it('allows what its scopes say, segment by segment', async () => {
    expect((await policyOf('{"scopes":["check.http"]}')).types).toEqual(['runner.selftest', 'check.http.run'])
    expect((await policyOf('{"scopes":["shell.run"]}')).types).toEqual(['runner.selftest', 'shell.run'])
    expect((await policyOf('{"scopes":["chec","shell.ru"]}')).types).toEqual(['runner.selftest'])
  })

  it('allows nothing, and says so, when its file cannot be read', async () => {
    const folder = await temporaryDirectory()
    await expect(readPolicyFile(folder)).rejects.toMatchObject({ message: expect.stringContaining('cannot be read') })
  })

  it.each<[string, (path: string) => Promise<unknown> | unknown]>([
    ['a pipe that nobody writes to', (path) => execFileSync('mkfifo', [path])],
    ['a device', (path) => symlink('/dev/zero', path)],
    ['larger than any policy', (path) => writeFile(path, '').then(() => truncate(path, 20_000_000))],
  ])('is not waited for, nor taken into memory, when its file is %s', async (_, make) => {
    const path = join(await temporaryDirectory(), 'policy.json')
    await make(path)
    await expect(readPolicyFile(path)).rejects.toMatchObject({ message: expect.stringContaining('cannot be read') })
    expect(await showPolicy(path, [])).toMatchObject({ state: 'unreadable' })
  })

  it.each([
    ['{"scopes":["UPPER"]}', 'scopes.0'],
    ['{"scopes":"*"}', 'scopes'],
    ['{"scope":["*"]}', 'scope'],
    ['{"maxTimeoutSec":0}', 'maxTimeoutSec'],
    ['{"appAccounts":["Post Gres"]}', 'appAccounts.0'],
    ['{"appGroups":"www-data"}', 'appGroups'],
    ['{', 'not JSON'],
    ['[]', 'the file'],
  ])('refuses to be %s, and says where it is wrong', async (content, named) => {
    await expect(policyOf(content)).rejects.toMatchObject({
      reason: 'policy_invalid',
      message: expect.stringContaining(named),
    })
  })
})
