import type { BackupManifest } from '@ikoma/api'
import type { Host, Program } from '@ikoma/machine'
import { askProgram, type BackupProgram } from '../program/ask.ts'
import type { AnswerOf, AskOf, EngineVerbs } from '../program/verbs.ts'

/** A database of one kind, as far as its backups go. */
export interface Engine {
  source: Pick<BackupManifest, 'engine' | 'source' | 'runAs' | 'connection'>
  /** How the name of a backup's file ends. */
  extension: string
  /** Rejects when no backup could be taken, or read, and says why. Changes nothing. */
  check(host: Host): Promise<void>
  /** Has our program do one thing with the database, as the account it belongs to. */
  ask<V extends keyof EngineVerbs>(host: Host, question: EngineQuestion<V>): Promise<AnswerOf<EngineVerbs[V]>>
}

interface EngineQuestion<V extends keyof EngineVerbs> extends Pick<Program, 'inputFile' | 'outputFile'> {
  verb: V
  ask: Omit<AskOf<EngineVerbs[V]>, 'source'>
}

interface Kind extends Omit<Engine, 'ask'> {
  /** What the database's own programs look for, such as where its server is. */
  env?: Readonly<Record<string, string>>
}

/** The engine of a kind: what all of them are asked alike. */
export function engineOfKind(tool: BackupProgram, { env = {}, ...kind }: Kind): Engine {
  const { engine: part, source, runAs: as } = kind.source
  return {
    ...kind,
    ask<V extends keyof EngineVerbs>(host: Host, { verb, ask: own, ...files }: EngineQuestion<V>) {
      const ask = { ...own, source } as AskOf<EngineVerbs[V]>
      return askProgram(host, tool, { part, verb, ask, as, env, ...files })
    },
  }
}
