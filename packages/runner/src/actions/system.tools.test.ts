import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '@ikoma/machine'
import { listUpdates } from '@ikoma/machine/apt'
import { expect, onTestFinished, test } from 'vitest'
import { localHost } from '../host/local-host.ts'
import { actionContext } from '../testing/action-context.ts'
import { system } from './system.ts'

const applySwap = system['system.swap.apply']

const asRoot = test.skipIf(process.getuid?.() !== 0)

function realHost(): Host {
  return localHost({ cwd: '/', marker: `host.${process.pid}`, killGraceMs: 500, signal: new AbortController().signal })
}

/** Everything but taking it into use: this machine's memory and its fstab stay as they are. */
function withoutUse(fstab: string): Host {
  const real = realHost()
  const used: string[] = []
  return {
    ...real,
    read: (path) => real.read(path === '/etc/fstab' ? fstab : path),
    readFile: (path) => real.readFile(path === '/etc/fstab' ? fstab : path),
    look: (path) => real.look(path === '/etc/fstab' ? fstab : path),
    write: (path, file) => real.write(path === '/etc/fstab' ? fstab : path, file),
    async run(program) {
      const [name] = program.argv
      if (name !== 'swapon' && name !== 'swapoff') return real.run(program)
      const path = program.argv.at(-1) ?? ''
      if (program.argv.includes('--noheadings')) return { code: 0, stdout: used.join('\n'), stderr: '' }
      if (name === 'swapon') used.push(path)
      else used.splice(used.indexOf(path), 1)
      return { code: 0, stdout: '', stderr: '' }
    },
  }
}

asRoot('dd, mkswap, blkid, df and stat make a swap file, know it again, and give it another size', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-swap-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [path, fstab] = [join(folder, 'swapfile'), join(folder, 'fstab')]
  writeFileSync(fstab, '# static file system information\n')
  const apply = (sizeMib: number) => applySwap({ path, sizeMib }, actionContext({ machine: withoutUse(fstab) }))
  expect(await apply(64)).toMatchObject({ ok: true, output: { changed: true } })
  expect(statSync(path)).toMatchObject({ size: 64 * 1024 * 1024, mode: 0o100600 })
  expect(readFileSync(path).subarray(4086, 4096).toString()).toBe('SWAPSPACE2')
  expect(readFileSync(fstab, 'utf8')).toBe(`# static file system information\n${path} none swap sw 0 0\n`)
  expect(await apply(80)).toMatchObject({ ok: true })
  expect(statSync(path).size).toBe(80 * 1024 * 1024)
  await expect(
    applySwap({ path: fstab, sizeMib: 64 }, actionContext({ machine: withoutUse(fstab) })),
  ).rejects.toMatchObject({ reason: 'not_a_swap_file' })
})

test('apt says what it would upgrade, and which of it is for security', async () => {
  const all = await listUpdates(realHost(), 'all')
  for (const { before, after, security } of all) {
    expect(after).not.toBe(before)
    expect(typeof security).toBe('boolean')
  }
})
