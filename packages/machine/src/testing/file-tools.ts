import { createHash } from 'node:crypto'
import type { SimulatedHost, Tool } from '@ikoma/machine/testing/simulated-host'

/** ln, mv, readlink, rm, sha256sum, tar and uname over the files of the machine. tar unpacks one file: `bin/program`. */
export const fileTools: Record<string, Tool> = {
  ln({ args, machine }) {
    const [target = '', path = ''] = args.slice(-2)
    machine.move(path, null)
    machine.putLink(path, target)
    return {}
  },
  mv({ args, machine }) {
    const [from = '', to = ''] = args.slice(-2)
    machine.move(from, to)
    return {}
  },
  readlink: ({ args, machine }) => ({ stdout: `${machine.linkAt(args.at(-1) ?? '')}\n` }),
  rm({ args, machine }) {
    machine.move(args.at(-1) ?? '', null)
    return {}
  },
  sha256sum({ args, machine }) {
    const path = args.at(-1) ?? ''
    return { stdout: `${sha256(machine.contentOf(path) ?? '')}  ${path}\n` }
  },
  tar({ args, machine }) {
    machine.put(`${args[args.indexOf('--directory') + 1]}/bin/program`, 'unpacked')
    return {}
  },
  uname: () => ({ stdout: 'x86_64\n' }),
}

/** curl, to which these addresses answer. */
export function curl(answers: Readonly<Record<string, string>>): Tool {
  return ({ args, machine }) => {
    const url = args.at(-1) ?? ''
    const answer = answers[url]
    if (answer === undefined) return { code: 6, stderr: `curl: (6) Could not resolve host: ${new URL(url).host}` }
    if (!args.includes('--output')) return { stdout: answer }
    put(machine, args[args.indexOf('--output') + 1], answer)
    return {}
  }
}

export function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}

function put(machine: SimulatedHost, path: string | undefined, content: string): void {
  if (path !== undefined) machine.put(path, content)
}
