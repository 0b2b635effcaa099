import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'

/** What a runner leaves in its folder for whoever installs it: whether the control plane has answered this process. */
export const heardFile = 'heard.json'
export const heardSchema = z.object({
  pid: z.number().int().positive(),
  heard: z.boolean(),
  error: z.string().nullable(),
})

/** Written when it changes and not forced to the disk: nothing but a person's look depends on it. */
export class HeardOf {
  readonly #path: string
  #written = ''

  constructor(folder: string) {
    this.#path = join(folder, heardFile)
  }

  /** That of a process before says nothing of this one. */
  async begin(): Promise<void> {
    await rm(this.#path, { force: true }).catch(() => undefined)
  }

  async tell(error: string | null): Promise<void> {
    const text = `${JSON.stringify({ pid: process.pid, heard: error === null, error })}\n`
    if (text === this.#written) return
    this.#written = text
    await writeFile(this.#path, text, { mode: 0o600 }).catch(() => undefined)
  }
}
