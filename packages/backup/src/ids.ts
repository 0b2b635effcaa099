/** A new backup's id: when, to the second, and six random letters for those of the same second. */
export function newBackupId(now = new Date()): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  const random = crypto.getRandomValues(new Uint8Array(3))
  return `${time}-${[...random].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
