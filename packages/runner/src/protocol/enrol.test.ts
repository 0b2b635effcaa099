import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FakeControlPlane } from '../testing/fake-control-plane.ts'
import { temporaryDirectory } from '../testing/setup.ts'
import { enrolRunner, invitationDigest } from './enrol.ts'
import { identityPaths, readIdentity } from './identity.ts'

async function setup() {
  const plane = await FakeControlPlane.start()
  onTestFinished(() => plane.close())
  const stateDir = await temporaryDirectory()
  const enrolment = { url: plane.url, token: plane.enrolmentToken, stateDir, version: '1.0.0' }
  return { plane, stateDir, enrolment, paths: identityPaths(stateDir) }
}

describe('enrolment', () => {
  it('keeps what it was given where only its owner can read it', async () => {
    const { plane, stateDir, enrolment, paths } = await setup()
    const enrolled = await enrolRunner(enrolment)
    expect(enrolled.runnerId).toBe(plane.runnerId)
    expect(await readIdentity(stateDir)).toMatchObject({ url: plane.url, token: plane.token, runnerId: plane.runnerId })
    for (const path of Object.values(paths)) expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await readdir(stateDir)).sort()).toEqual(['runner-key.pem', 'runner.json', 'seal-key.pem'])
    const text = await readFile(paths.identity, 'utf8')
    expect(text).not.toContain('PRIVATE')
    // By which an installation knows the invitation again, without being able to use it.
    expect(JSON.parse(text)).toMatchObject({ invitation: invitationDigest(enrolment.token) })
    expect(text).not.toContain(enrolment.token)
  })

  it('never replaces an identity unless it is told to', async () => {
    const { plane, enrolment, paths } = await setup()
    await enrolRunner(enrolment)
    const before = await readFile(paths.key, 'utf8')
    await expect(enrolRunner(enrolment)).rejects.toMatchObject({ reason: 'already_enrolled' })
    expect(await readFile(paths.key, 'utf8')).toBe(before)
    plane.enrolmentToken = 'another'
    await enrolRunner({ ...enrolment, token: 'another', force: true })
    expect(await readFile(paths.key, 'utf8')).not.toBe(before)
  })

  it('sets the journal of the identity before aside: nothing of it is told under the new name', async () => {
    const { plane, stateDir, enrolment } = await setup()
    await enrolRunner(enrolment)
    await writeFile(join(stateDir, 'journal.ndjson'), 'what the other one did')
    plane.enrolmentToken = 'another'
    await enrolRunner({ ...enrolment, token: 'another', force: true })
    const kept = (await readdir(stateDir)).filter((name) => name.startsWith('journal'))
    expect(kept).toEqual([expect.stringMatching(/^journal\.ndjson\.former-/)])
  })

  it('leaves everything as it was when the control plane refuses', async () => {
    const { stateDir, enrolment } = await setup()
    await expect(enrolRunner({ ...enrolment, token: 'wrong' })).rejects.toMatchObject({ status: 401 })
    expect(await readdir(stateDir)).toEqual([])
  })
})

describe('an identity', () => {
  it('is missing before enrolment, and says so', async () => {
    await expect(readIdentity(await temporaryDirectory())).rejects.toMatchObject({ reason: 'not_enrolled' })
  })

  it('is not used when others can read it', async () => {
    const { stateDir, enrolment, paths } = await setup()
    await enrolRunner(enrolment)
    await chmod(paths.key, 0o644)
    await expect(readIdentity(stateDir)).rejects.toMatchObject({ reason: 'identity_exposed' })
  })

  it.each([
    ['not JSON', '{'],
    ['incomplete', '{"url":"http://x"}'],
  ])('is refused when it is %s', async (_what, content) => {
    const { stateDir, enrolment, paths } = await setup()
    await enrolRunner(enrolment)
    await writeFile(paths.identity, content)
    await expect(readIdentity(stateDir)).rejects.toMatchObject({ reason: 'identity_invalid' })
  })
})
