import type { SimulatedHost, Tool } from '@ikoma/machine/testing/simulated-host'

/** A swap file's content says its size: `swap 64`, or `zeros 64` before mkswap. */
export const swapTools: Record<string, Tool> = {
  blkid: ({ args, machine }) => ({ stdout: machine.contentOf(args.at(-1) ?? '')?.startsWith('swap ') ? 'swap\n' : '' }),
  dd({ args, machine }) {
    const of = (name: string) => args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
    rewrite(machine, of('of'), `zeros ${of('count')}`)
    return {}
  },
  df: () => ({ stdout: 'Avail\n4096\n' }),
  mkswap({ args, machine }) {
    const path = args.at(-1) ?? ''
    rewrite(machine, path, (machine.contentOf(path) ?? '').replace('zeros', 'swap'))
    return {}
  },
  stat: ({ args, machine }) => ({ stdout: `${sizeOf(machine, args.at(-1) ?? '') * 1024 * 1024}\n` }),
  swapoff({ args, machine }) {
    if (!swapsOf(machine).includes(args.at(-1) ?? '')) return { code: 4, stderr: 'swapoff failed: Invalid argument' }
    machine.state.swaps = swapsOf(machine).filter((path) => path !== args.at(-1))
    return {}
  },
  swapon({ args, machine }) {
    if (args.includes('--noheadings'))
      return {
        stdout: swapsOf(machine)
          .map((path) => `${path}\n`)
          .join(''),
      }
    const path = args.at(-1) ?? ''
    if (!machine.contentOf(path)?.startsWith('swap ')) return { code: 255, stderr: 'swapon: read swap header failed' }
    machine.state.swaps = [...swapsOf(machine), path]
    return {}
  },
}

export function swapsOf(machine: SimulatedHost): string[] {
  return machine.state.swaps as string[]
}

function sizeOf(machine: SimulatedHost, path: string): number {
  return Number(machine.contentOf(path)?.split(' ')[1] ?? 0)
}

/** Keeps who may read it. */
function rewrite(machine: SimulatedHost, path: string, content: string): void {
  machine.put(path, content, { mode: 0o600, owner: 'root', group: 'root' })
}
