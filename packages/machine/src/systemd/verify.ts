import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'

/**
 * Has systemd read units before they are installed, in a folder beside; rejects with what it says of them. `units` is
 * content by name.
 */
export async function verifyUnits(
  host: Host,
  units: Readonly<Record<string, string>>,
  folder = '/run/ikoma-verify',
): Promise<void> {
  const access = { mode: 0o644, owner: 'root', group: 'root' }
  const paths = Object.keys(units).map((name) => `${folder}/${name}`)
  // What a check that was killed has left must neither be judged with this one nor stay in its way.
  for (const name of await host.list(folder)) await host.remove(`${folder}/${name}`)
  await host.makeDirectory(folder, { ...access, mode: 0o755 })
  try {
    for (const [name, content] of Object.entries(units)) await host.write(`${folder}/${name}`, { content, ...access })
    const { code, stderr } = await host.run({ argv: ['systemd-analyze', 'verify', '--man=no', '--', ...paths] })
    if (code !== 0) throw refused(stderr.replaceAll(`${folder}/`, ''))
  } finally {
    for (const path of paths) await host.remove(path)
    await host.remove(folder)
  }
}

function refused(said: string): AppError {
  const message = `systemd refuses the unit: ${said.trim().slice(0, 2_000)}`
  return new AppError('unprocessable', message, { reason: 'unit_refused' })
}
