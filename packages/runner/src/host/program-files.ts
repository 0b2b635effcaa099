import { type FileHandle, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Exit, Program } from '@ikoma/machine'
import { syncDirectory } from './durable-file.ts'
import { openSafely } from './safe-open.ts'
import { refuseUnsafePath } from './safe-path.ts'

export interface OpenFiles {
  stdin: FileHandle | null
  stdout: FileHandle | null
}

/** Opens the files that a program reads and writes. What it wrote is on disk afterwards, or gone when it failed. */
export async function withFiles(
  { inputFile, outputFile }: Program,
  run: (files: OpenFiles) => Promise<Exit>,
): Promise<Exit> {
  const stdin = inputFile === undefined ? null : await openInput(inputFile)
  try {
    if (outputFile === undefined) return await run({ stdin, stdout: null })
    return await writing(outputFile, (stdout) => run({ stdin, stdout }))
  } finally {
    await stdin?.close()
  }
}

async function openInput(path: string): Promise<FileHandle> {
  return openSafely(path, { followLast: false }).catch((cause: unknown) => {
    if (cause instanceof AppError) throw cause
    throw new AppError('unprocessable', `${path} cannot be read.`, { reason: 'unexpected_file', cause })
  })
}

async function writing(path: string, run: (file: FileHandle) => Promise<Exit>): Promise<Exit> {
  await refuseUnsafePath(path)
  const file = await open(path, 'wx', 0o600)
  let exit: Exit | null = null
  try {
    exit = await run(file)
    if (exit.code === 0) await file.sync()
    return exit
  } catch (error) {
    exit = null
    throw error
  } finally {
    await file.close()
    if (exit?.code !== 0) await rm(path, { force: true })
    await syncDirectory(dirname(path))
  }
}
