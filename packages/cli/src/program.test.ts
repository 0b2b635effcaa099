import { newToken } from '@ikoma/kernel/node'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { type Language, languages, messagesIn } from './messages/index.ts'
import { buildProgram, createCli } from './program.ts'
import { parseLine } from './testing/parse-line.ts'
import { createWorld } from './testing/world.ts'

function tree(language: Language): Command {
  const { io, processes } = createWorld()
  return buildProgram(createCli({ io, processes, t: messagesIn(language), language, finish: () => {} }))
}

function leaves(command: Command, path: string[] = []): string[][] {
  if (command.commands.length === 0) return [path]
  return command.commands.flatMap((sub) => leaves(sub, [...path, sub.name()]))
}

describe.each(languages)('help in %s', (language) => {
  const t = messagesIn(language)

  it('of every command has a summary and two examples of that very command', async () => {
    const { run } = createWorld()
    for (const path of leaves(tree(language))) {
      const { code, stdout } = await run(...path, '--help', '--lang', language)
      const examples = stdout.split(t.usage.titles.examples)[1] ?? ''
      expect(code).toBe(0)
      expect(stdout).toContain(t.usage.titles['Usage:'])
      expect(examples.match(/^ {2}# \S/gm)?.length, path.join(' ')).toBeGreaterThanOrEqual(2)
      expect(examples).toContain(`ikoma ${path.join(' ')}`)
    }
  })

  it('of the root lists every exit code', async () => {
    const { run } = createWorld()
    const { stdout } = await run('--help', '--lang', language)
    for (const code of [0, 1, 2, 3, 4, 5, 6, 130]) expect(stdout).toMatch(new RegExp(`[\\s]${code} `))
  })
})

describe('parsing', () => {
  it('gives order create its options by name', async () => {
    const line =
      'order create check.http.run --server web-1 --set url=https://a.b/?x=1,2 --set timeoutMs=500 --label a=1'
    const more = '--priority -3 --max-attempts 2 --dry-run --detach --wait-timeout 5m --json'
    expect(await parseLine([...line.split(' '), ...more.split(' ')])).toEqual({
      type: 'check.http.run',
      server: 'web-1',
      set: ['url=https://a.b/?x=1,2', 'timeoutMs=500'],
      label: ['a=1'],
      priority: -3,
      maxAttempts: 2,
      dryRun: true,
      detach: true,
      waitTimeout: '5m',
      json: true,
    })
  })

  it('takes global options before and after the command', async () => {
    const after = await parseLine(['order', 'list', '--context', 'prod', '--json'])
    expect(await parseLine(['--context', 'prod', '--json', 'order', 'list'])).toEqual(after)
    expect(after).toEqual({ context: 'prod', json: true })
  })

  it('splits lists at commas', async () => {
    expect(await parseLine(['order', 'list', '--status', 'QUEUED,RUNNING', '--status', 'STALE'])).toEqual({
      status: ['QUEUED', 'RUNNING', 'STALE'],
    })
    expect(await parseLine(['runner', 'invite', '--scope', 'check,system'])).toEqual({ scope: ['check', 'system'] })
  })
})

describe('usage errors', () => {
  it.each([
    [['ordre'], 'There is no command "ordre". Did you mean order?'],
    [['order', 'lst'], 'There is no command "lst". Did you mean list?'],
    [['order', 'list', '--statu', 'x'], 'There is no option "--statu". Did you mean --status?'],
    [['order', 'show'], 'The argument <order> is missing.'],
    [['order', 'show', 'a', 'b'], 'There are too many arguments.'],
    [['order', 'list', '--type'], 'The option --type <type> needs a value.'],
    [['token', 'create', 'ci'], 'The option --role <role> is missing.'],
    [['order', 'list', '--limit', 'all'], '"all" does not fit --limit <number>. Give a whole number.'],
    [['token', 'create', 'ci', '--role', 'root'], 'Allowed: viewer, operator, admin.'],
    [['runner', 'invite', '--host', 'a', '--server', 'b'], 'exclude each other'],
    [['runner', 'enrol', '--token', 'iko_x'], '--url https://'],
    [['runner', 'install', '--token', 'iko_x'], '--url https://'],
  ])('%j ends with 2 and says so', async (argv, message) => {
    const { code, stdout, stderr } = await createWorld().run(...argv)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
  })

  it('a token of a runner is no invitation', async () => {
    const token = newToken('iko_run')
    const { code, stderr } = await createWorld().run('runner', 'install', '--url', 'https://a.b', '--token', token)
    expect([code, stderr]).toEqual([2, expect.stringContaining('not of an invitation')])
    expect(stderr).not.toContain(token)
  })

  it('are told in French too', async () => {
    const { stderr } = await createWorld({ env: { LANG: 'fr_FR' } }).run('order', 'lst')
    expect(stderr).toContain('La commande « lst » n’existe pas. Vouliez-vous dire list ?')
  })

  it('a noun alone shows its help', async () => {
    const { code, stderr } = await createWorld().run('order')
    expect(code).toBe(2)
    expect(stderr).toContain('ikoma order create runner.selftest')
  })
})

describe('composed commands', () => {
  it('hand their options to main', async () => {
    const { run, calls } = createWorld()
    await run('up', '--port', '8080')
    await run('serve')
    await run('runner', 'enrol', '--url', 'https://ikoma.example.org/', '--token', 'iko_x', '--name', 'web-1')
    await run('runner', 'run', '--state-dir', '/var/lib/runner')
    await run('runner', 'install', '--url', 'https://a.b/', '--token', 'iko_x', '--allow', 'system,db', '--dry-run')
    await run('runner', 'uninstall', '--purge')
    await run('executor', 'run', '--peer', '0-1234-998')
    expect(calls).toEqual([
      ['startUp', { port: 8080 }],
      ['startControlPlane', {}],
      ['enrolRunner', { url: 'https://ikoma.example.org', token: 'iko_x', name: 'web-1' }],
      ['runRunner', { stateDir: '/var/lib/runner' }],
      ['installRunner', { url: 'https://a.b', token: 'iko_x', allow: ['system', 'db'], wait: true, dryRun: true }],
      ['uninstallRunner', { purge: true }],
      ['runExecutor', { peer: '0-1234-998' }],
    ])
  })
})
