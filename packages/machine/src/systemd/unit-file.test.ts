import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../testing/hostile.ts'
import { renderServiceUnit, type ServiceUnit } from './unit-file.ts'

const aUnit: ServiceUnit = {
  description: 'sample',
  user: 'sample',
  workingDirectory: '/srv/sample',
  execStart: ['/usr/bin/node', 'main.js'],
  restart: 'always',
}

describe('a service unit', () => {
  it.each([
    [{ user: 'root' }, 'user'],
    [{ group: 'root' }, 'group'],
    [{ execStart: [] }, 'execStart'],
    [{ execStart: ['node', 'main.js'] }, 'execStart/0'],
    [{ workingDirectory: '/home/ikoma/app' }, 'workingDirectory'],
    [{ readWritePaths: ['/srv/sample', '/root'] }, 'readWritePaths/1'],
    [{ description: 'joins the next line\\' }, 'description'],
  ] satisfies [Partial<ServiceUnit>, string][])('is refused with %j', (fields, field) => {
    expect(outcomeOf(() => renderServiceUnit({ ...aUnit, ...fields }))).toEqual({ refusedAt: field })
  })

  it('of an account in /home sees its own home, and no other', () => {
    const home = '/home/shop'
    const own = { home, workingDirectory: home, pidFile: `${home}/.pm2/pm2.pid`, readWritePaths: [home] }
    const unit = renderServiceUnit({ ...aUnit, ...own })
    for (const line of [
      'ProtectHome=tmpfs',
      'BindPaths=/home/shop',
      'ReadWritePaths=/home/shop',
      'OOMPolicy=continue',
    ]) {
      expect(unit).toContain(`\n${line}\n`)
    }
    for (const path of ['/home/other', '/home/shopping', '/home', '/root']) {
      const refused = outcomeOf(() => renderServiceUnit({ ...aUnit, ...own, readWritePaths: [path] }))
      expect(refused).toEqual({ refusedAt: 'readWritePaths/0' })
    }
    for (const deeper of ['/home/other/shop', '/home/..', '/root']) {
      const refused = outcomeOf(() => renderServiceUnit({ ...aUnit, home: deeper, workingDirectory: deeper }))
      expect(refused).toEqual({ refusedAt: 'workingDirectory' })
    }
    expect(renderServiceUnit(aUnit)).toContain('\nProtectHome=yes\n')
  })

  it('lists a unit once that it is given twice', () => {
    const unit = renderServiceUnit({ ...aUnit, after: ['network-online.target', 'vault.service', 'vault.service'] })
    expect(unit).toContain('\nAfter=network-online.target vault.service\n')
  })
})
