import { readFile } from 'node:fs/promises'
import { AppError } from '@ikoma/kernel'

/** Users and groups of this machine, by name and by number. */
export interface Accounts {
  uidOf(user: string): number
  gidOf(group: string): number
  userOf(uid: number): string
  groupOf(gid: number): string
}

/** Accounts of the machine's own files: what a server's units and directories belong to is in no directory service. */
export async function readAccounts(): Promise<Accounts> {
  const users = parse(await readFile('/etc/passwd', 'utf8'))
  const groups = parse(await readFile('/etc/group', 'utf8'))
  return {
    uidOf: (user) => users.find(({ name }) => name === user)?.id ?? unknown('user', user),
    gidOf: (group) => groups.find(({ name }) => name === group)?.id ?? unknown('group', group),
    userOf: (uid) => users.find(({ id }) => id === uid)?.name ?? String(uid),
    groupOf: (gid) => groups.find(({ id }) => id === gid)?.name ?? String(gid),
  }
}

function parse(text: string): { name: string; id: number }[] {
  return text.split('\n').flatMap((line) => {
    const [name, , id] = line.split(':')
    return name && id ? [{ name, id: Number(id) }] : []
  })
}

function unknown(kind: string, name: string): never {
  throw new AppError('unprocessable', `There is no ${kind} "${name}" on this server.`, { reason: `no_such_${kind}` })
}
