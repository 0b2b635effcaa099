import { expect, it } from 'vitest'
import { formats } from '../testing/samples.ts'
import { ask, createPlace } from '../testing/tool.ts'

it('systemd finds nothing wrong with the units that put a firewall back', async () => {
  const place = createPlace({
    'started.service': rendered('firewall-rollback'),
    'ikoma-firewall-rollback.timer': rendered('firewall-timer'),
  })
  const said = await ask(['systemd-analyze', 'verify', '--man=no', './ikoma-firewall-rollback.timer'], place)
  expect(said).toBe('')
})

function rendered(kind: string): string {
  const format = formats[kind]
  if (!format) throw new Error(`no format is called ${kind}`)
  return format.render(format.sample as never)
}
