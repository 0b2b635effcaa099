import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createWorld } from '../testing/world.ts'

async function setup(shell: string, language = 'en') {
  const { run, home } = createWorld()
  return { script: (await run('completion', shell, '--lang', language)).stdout, home }
}

describe('completion', () => {
  /** What a real bash offers after these words. */
  async function offered(...words: string[]): Promise<string[]> {
    const { script, home } = await setup('bash')
    const file = join(home, 'completion.bash')
    writeFileSync(file, script)
    const ask =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash
      'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ikoma; printf "%s\\n" "${COMPREPLY[@]}"'
    const out = execFileSync('bash', ['--norc', '-c', ask, 'bash', file, ...words], { encoding: 'utf8' })
    return out.split('\n').filter((word) => word !== '')
  }

  it('in bash offers what the tree has at that place', async () => {
    expect(await offered('ikoma', 'or')).toEqual(['order'])
    expect(await offered('ikoma', 'order', '')).toEqual(expect.arrayContaining(['create', 'list', 'types', '--json']))
    expect(await offered('ikoma', 'order', 'create', 'runner.selftest', '--wait')).toEqual(['--wait-timeout'])
    expect(await offered('ikoma', '--json', 'order', 'l')).toEqual(['list', 'logs'])
    expect(await offered('ikoma', 'runner', 'invite', '--ser')).toEqual(['--server'])
    expect(await offered('ikoma', 'runner', 'invite', '--ho')).toEqual([])
  })

  it.each(['zsh', 'fish'])('in %s describes commands and options', async (shell) => {
    const { script } = await setup(shell)
    expect(script).toContain('Place an order and follow it to its end')
    expect(script).toContain('wait-timeout')
  })

  it('quotes apostrophes for each shell', async () => {
    expect((await setup('zsh')).script).toContain("'rotate:Replace a runner'\\''s token'")
    expect((await setup('fish')).script).toContain("'Replace a runner\\'s token'")
  })

  it('knows no other shell', async () => {
    expect(await createWorld().run('completion', 'tcsh')).toMatchObject({ code: 2, stdout: '' })
  })
})
