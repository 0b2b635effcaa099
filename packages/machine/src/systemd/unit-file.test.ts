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

  it('lists a unit once that it is given twice', () => {
    const unit = renderServiceUnit({ ...aUnit, after: ['network-online.target', 'vault.service', 'vault.service'] })
    expect(unit).toContain('\nAfter=network-online.target vault.service\n')
  })
})
