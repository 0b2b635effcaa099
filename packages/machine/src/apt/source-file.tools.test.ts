import { expect, it } from 'vitest'
import { formats } from '../testing/samples.ts'
import { ask, createPlace } from '../testing/tool.ts'

it('apt reads a source as exactly that repository', async () => {
  const place = createPlace({ 'sources.list.d/sample.sources': rendered('apt-source') })
  const folders = ['-o', 'Dir::Etc::sourcelist=/dev/null', '-o', `Dir::Etc::sourceparts=${place}/sources.list.d`]
  const format = ['--no-release-info', '--format', '$(SITE) $(RELEASE) $(COMPONENT)', 'Created-By: Packages']
  const read = await ask(['apt-get', 'indextargets', ...folders, ...format], place)
  const targets = [...new Set(read.trim().split('\n'))]
  expect(targets).toEqual(['https://packages.example.com/debian bookworm main'])
})

it('apt reads a pin as one of those packages, from there', async () => {
  const place = createPlace({ 'preferences.d/sample': rendered('apt-pin') })
  const folders = ['-o', 'Dir::Etc::preferences=/dev/null', '-o', `Dir::Etc::preferencesparts=${place}/preferences.d`]
  // apt refuses what it cannot read.
  expect(await ask(['apt-cache', 'policy', ...folders], place)).toContain('Pinned packages:')
})

function rendered(kind: string): string {
  const format = formats[kind]
  if (!format) throw new Error(`no format is called ${kind}`)
  return format.render(format.sample as never)
}
