import { expect, test } from 'vitest'
import { examinePolicy, problemLine } from './policy-text.ts'

const found = (text: string, knownScopes?: string[]) => {
  const { problems, warnings } = examinePolicy(text, knownScopes ? { knownScopes } : {})
  return [...problems, ...warnings].map(({ kind, line, column, path, nearest }) => [
    kind,
    `${line}:${column}`,
    path,
    nearest,
  ])
}

test('all problems are told at once, each with its line and column, in the order of the file', () => {
  const text = `{
  "scope": ["check"],
  "maxTimeoutSec": 0,
  "packages": ["nginx", "No Such"],
  "compose": { "srv/app": ["docker_socket"], "/srv/x": ["all"] }
}`
  expect(found(text)).toEqual([
    ['unknown_key', '2:3', 'scope', 'scopes'],
    ['value', '3:20', 'maxTimeoutSec', null],
    ['value', '4:25', 'packages.1', null],
    ['value', '5:16', 'compose.srv/app', null],
    ['value', '5:57', 'compose./srv/x.0', null],
  ])
})

test('an unknown key names the nearest, when one is near, and all that there are', () => {
  const [far] = examinePolicy('{"password": "hunter2"}').problems
  expect(far?.nearest).toBeNull()
  const [near] = examinePolicy('{"maxTimeoutSecs": 5}').problems
  const line = near ? problemLine(near) : ''
  expect(line).toContain('line 1, column 2: maxTimeoutSecs: there is no such key. Did you mean "maxTimeoutSec"?')
  expect(line).toContain('scopes, maxTimeoutSec, compose, packages, appAccounts, appGroups')
})

test.each([
  ['{ "scopes": ["check" "system"] }', '1:22'],
  ['{\n  "scopes": ["check"],\n}', '3:1'],
  ['// mine\n{}', '1:1'],
  ['', '1:1'],
  ['{"scopes": hunter2}', '1:12'],
])('what is not JSON says where, and shows nothing of it: %j', (text, at) => {
  const { problems, written } = examinePolicy(text)
  expect([written, problems[0]?.kind, `${problems[0]?.line}:${problems[0]?.column}`]).toEqual([null, 'syntax', at])
  expect(problems.map(problemLine).join()).not.toContain('hunter2')
})

test.each(['{"scopes": "hunter2"}', '{"maxTimeoutSec": "hunter2"}', '{"compose": {"/a": ["hunter2"]}}', '["hunter2"]'])(
  'a value that stands in it is told nobody: %s',
  (text) => {
    const lines = examinePolicy(text).problems.map(problemLine)
    expect(lines).toHaveLength(1)
    expect(lines.join()).not.toContain('hunter2')
  },
)

test('what is taken and hardly meant is a warning: a key twice, a scope that nothing needs', () => {
  const text = '{"scopes": ["servce"], "packages": [], "packages": ["*"]}'
  expect(examinePolicy(text).written).toMatchObject({ packages: ['*'] })
  expect(found(text, ['service', 'check'])).toEqual([
    ['unused_scope', '1:13', 'scopes.0', 'service'],
    ['repeated_key', '1:40', 'packages', null],
  ])
})
