import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import type { Desired } from '../plan.ts'
import { file } from './file.ts'
import { link } from './link.ts'

const zones = '/usr/share/zoneinfo'
const localTime = '/etc/localtime'

/** The time zone of the machine, by its name in the zone database. Programs that run already keep theirs. */
export function timezone(zone: string): Desired {
  return async (host) => {
    const found = await host.look(`${zones}/${zone}`)
    if (found?.kind !== 'file' && found?.kind !== 'link') {
      const message = `There is no time zone ${zone} in ${zones}. Is the package tzdata installed?`
      throw new AppError('unprocessable', message, { reason: 'unknown_zone' })
    }
    const access = { mode: 0o644, owner: 'root', group: 'root' }
    const name = file({ path: '/etc/timezone', content: `${zone}\n`, ...access })
    const rules =
      (await currentZone(host)) === zone ? [] : await link({ path: localTime, target: `${zones}/${zone}` })(host)
    return [...rules, ...(await name(host))]
  }
}

/** timedatectl(1) writes the link as a relative one. */
async function currentZone(host: Host): Promise<string | null> {
  if ((await host.look(localTime))?.kind !== 'link') return null
  const target = await outputOf(host, { argv: ['readlink', '--', localTime] })
  return /^(?:\.\.)?\/usr\/share\/zoneinfo\/(.+)$/m.exec(target)?.[1] ?? null
}
