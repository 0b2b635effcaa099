import type { SimulatedHost, Tool } from '@ikoma/machine/testing/simulated-host'

interface Account {
  comment?: string
  home: string
  shell: string
  groups: string[]
}

/** getent(1), id(1) and useradd(8) over `state.users`. */
export const accountTools: Record<string, Tool> = {
  getent({ args, machine }) {
    const name = args.at(-1) ?? ''
    const found = findUser(machine, name)
    if (args[0] !== 'passwd' || !found) return { code: 2 }
    return { stdout: `${name}:x:999:999:${found.comment ?? ''}:${found.home}:${found.shell}\n` }
  },
  id({ args, machine }) {
    const name = args.at(-1) ?? ''
    const found = findUser(machine, name)
    if (!found) return { code: 1 }
    return { stdout: args.includes('--user') ? `${name === 'root' ? 0 : 999}\n` : `${found.groups.join(' ')}\n` }
  },
  useradd({ args, machine }) {
    const name = args.at(-1) ?? ''
    const of = (option: string) => args[args.indexOf(option) + 1] ?? ''
    const groups = args.includes('--groups') ? of('--groups').split(',') : []
    usersOf(machine)[name] = {
      ...{ comment: of('--comment'), home: of('--home-dir'), shell: of('--shell'), groups: [name, ...groups] },
    }
    return {}
  },
  userdel({ args, machine }) {
    delete usersOf(machine)[args.at(-1) ?? '']
    return {}
  },
}

export function hasUser(machine: SimulatedHost, name: string): boolean {
  return findUser(machine, name) !== undefined
}

function findUser(machine: SimulatedHost, name: string): Account | undefined {
  return Object.hasOwn(usersOf(machine), name) ? usersOf(machine)[name] : undefined
}

function usersOf(machine: SimulatedHost): Record<string, Account> {
  return machine.state.users as Record<string, Account>
}
