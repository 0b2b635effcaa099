import { randomBytes } from 'node:crypto'

/** This start of the runner on this machine: two that call themselves the same runner are told apart by it. */
export function newInstance(machine: string | null): string {
  return `${machine ?? '-'}.${randomBytes(12).toString('base64url')}`
}
