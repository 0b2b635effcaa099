import type { Host } from '../host.ts'

export interface Memory {
  availableBytes: number
  swapBytes: number
}

/** Null where the kernel does not say. */
export async function readMemory(host: Host): Promise<Memory | null> {
  const text = (await host.read('/proc/meminfo')) ?? ''
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN) * 1024
  const [availableBytes, swapBytes] = [bytes('MemAvailable'), bytes('SwapTotal')]
  return Number.isNaN(availableBytes + swapBytes) ? null : { availableBytes, swapBytes }
}
