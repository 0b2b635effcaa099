import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { entry, node } from '../kit/product.ts'

function policy(command: string, content: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-policy-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'policy.json')
  writeFileSync(file, content)
  const env = { ...process.env, LC_ALL: 'C', IKOMA_POLICY_FILE: file }
  return new Promise((resolve) => {
    execFile(node, [entry, 'policy', command], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr })
    })
  })
}

// What reads a policy is bundled: a part that the bundle leaves out fails here alone.
test.each([
  ['show', '{"scopes":["check"]}', 0, /scopes +check/],
  ['check', '{"scope":["check"]}', 1, /:1:2: scope: there is no such key\. Did you mean "scopes"\?/],
  ['check', '{"scopes":["check" "shell"]}', 1, /:1:20: it is not JSON/],
  ['schema', '{}', 0, /"\$schema": ".*2020-12/],
])('policy %s of the shipped product reads %s', async (command, content, code, says) => {
  const told = await policy(command, content)
  expect(told).toMatchObject({ code, stdout: expect.stringMatching(says) })
})
