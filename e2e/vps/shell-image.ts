import type { Host } from './host.ts'

/** An image as if it had been pulled: a shell of the host and what that needs. */
export async function importImage({ see }: Host, name: string): Promise<void> {
  const programs = ['/bin/sh', '/bin/sleep']
  const libraries = (await see(['ldd', ...programs])).matchAll(/(\/\S+) \(0x/g)
  const files = [...programs, ...new Set([...libraries].map(([, path = '']) => path))]
  await see(['tar', '--create', '--dereference', '--file', '/root/image.tar', ...files])
  await see(['docker', 'import', '/root/image.tar', name])
}
