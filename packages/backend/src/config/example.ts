import { readFileSync, writeFileSync } from 'node:fs'
import { AppError } from '@ikoma/kernel'
import { exampleFile } from '@ikoma/kernel/contract'
import { readContractFile } from './contract-file.ts'

export interface ExampleOptions {
  contractFile: string
  exampleFile: string
  environment: string
}

/** Writes `.env.example` from the contract. */
export function writeExample(options: ExampleOptions): void {
  writeFileSync(options.exampleFile, exampleFile(readContractFile(options.contractFile), options.environment))
}

/** Throws where `.env.example` is not what the contract says, with the first line that differs. */
export function checkExample(options: ExampleOptions): void {
  const wanted = exampleFile(readContractFile(options.contractFile), options.environment).split('\n')
  const there = textOf(options.exampleFile).split('\n')
  const at = wanted.findIndex((line, index) => line !== there[index])
  if (at === -1 && wanted.length === there.length) return
  const line = at === -1 ? wanted.length + 1 : at + 1
  throw new AppError('conflict', `${options.exampleFile} is not what ${options.contractFile} says: see line ${line}.`, {
    reason: 'example_outdated',
  })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
