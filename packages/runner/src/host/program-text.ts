import type { Readable } from 'node:stream'
import { type Program, startProgram } from './process-tree.ts'

const maxLength = 64 * 1024

export interface ProgramText {
  /** Null when it did not end by itself in time. */
  code: number | null
  /** What it wrote on both streams, from the beginning. */
  text: string
}

/** Runs a short program and reads what it says; null when it is not installed or cannot be started. */
export async function readProgram(
  program: Program,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<ProgramText | null> {
  const tree = startProgram(program)
  const kill = () => void tree.kill(0)
  const timer = setTimeout(kill, timeoutMs)
  signal.addEventListener('abort', kill, { once: true })
  try {
    const output = Promise.all([readText(tree.stdout), readText(tree.stderr)])
    const { code } = await tree.exited
    await tree.kill(0)
    return { code, text: (await output).join('\n').trim() }
  } catch {
    return null
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', kill)
  }
}

async function readText(stream: Readable): Promise<string> {
  let text = ''
  try {
    for await (const bytes of stream) if (text.length < maxLength) text += String(bytes)
  } catch {
    // Cut off by the kill: what came before still counts.
  }
  return text.slice(0, maxLength)
}
