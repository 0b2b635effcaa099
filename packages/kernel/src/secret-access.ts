/** Whether a file with a secret is open to anybody but its owner, by its permission bits: the one rule for all of them. */
export function isOpenToOthers({ mode }: { mode: number }): boolean {
  return (mode & 0o077) !== 0
}
