import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'

export const machineIdFile = '/etc/machine-id'

/** IKOMA's own, as sd_id128_get_machine_app_specific(3) asks for: the identity itself is not to be told to anybody. */
const application = Buffer.from('6e0f5f1c9a4b4f0db2c4a7d9e13b8c55', 'hex')

/**
 * Which machine this is, as 32 hexadecimal digits that say nothing else of it. Null where systemd has given it no identity,
 * as in most containers: then a copy is known by its being there twice, and a journal by its folder alone.
 */
export function machineHash(path = machineIdFile): string | null {
  const [id] = /^[0-9a-f]{32}$/m.exec(readText(path)) ?? []
  if (id === undefined || /^0+$/.test(id)) return null
  return createHmac('sha256', Buffer.from(id, 'hex')).update(application).digest('hex').slice(0, 32)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
