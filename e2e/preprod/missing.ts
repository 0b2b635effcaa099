import { accessSync, constants } from 'node:fs'

const tools = ['docker', 'dockerd', 'docker-compose', 'debootstrap', 'ip', 'nsenter', 'pebble', 'openssl', 'shellcheck']

/** What keeps the stack from being run on this machine; null where nothing does. */
export function missingHere(): string | null {
  const absent = tools.filter((name) => !isOnPath(name))
  const why = [
    ...(process.getuid?.() === 0 ? [] : ['this is not root']),
    ...(absent.length > 0 ? [`${absent.join(', ')} not installed; .ci/install-tools does it`] : []),
  ]
  if (why.length === 0) return null
  return `The stack cannot be run here: ${why.join('; ')}. With IKOMA_PREPROD=if-possible it is skipped on such a machine.`
}

function isOnPath(name: string): boolean {
  return `${process.env.PATH}:/usr/sbin:/sbin`.split(':').some((folder) => {
    try {
      accessSync(`${folder}/${name}`, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
