import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { Unreadable } from './yaml-file.ts'

const maxCharacters = 4 * 1024 * 1024

/** What a project is made of beside its compose file, read as the account whose folder it is in. */
export class ProjectFiles {
  readonly #host: Host
  readonly #owner: string
  readonly #read = new Map<string, Promise<string | null>>()
  #counted = 0

  constructor(host: Host, owner: string) {
    this.#host = host
    this.#owner = owner
  }

  static async of(host: Host, directory: string): Promise<ProjectFiles> {
    const entry = await host.look(directory)
    return new ProjectFiles(host, entry?.owner ?? 'root')
  }

  /** Null when there is none. Each is opened once: it could be another the second time. */
  text(path: string): Promise<string | null> {
    const read = this.#read.get(path) ?? this.#host.readAs(path, this.#owner)
    this.#read.set(path, read)
    return read
  }

  /** Counts what is handed over of them: a file may be named by many services. */
  count(text: string): void {
    this.#counted += text.length
    if (this.#counted <= maxCharacters) return
    const message = `Its services have more than ${maxCharacters} characters of variables.`
    throw new AppError('unprocessable', message, { reason: 'compose_file_unreadable' })
  }

  /** What `read` makes of a file; null when there is none. */
  async parse<T>(path: string, read: (text: string) => T): Promise<T | null> {
    const text = await this.text(path)
    return text === null ? null : named(path, () => read(text))
  }
}

/** Runs what may find that a file cannot be read, and says which. */
export function named<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof Unreadable ? unreadable(path, error.message) : error
  }
}

export function unreadable(path: string, why: string): AppError {
  return new AppError('unprocessable', `${path} cannot be run: ${why}.`, { reason: 'compose_file_unreadable' })
}
