import type { Client } from '@ikoma/api'
import type { Command } from 'commander'
import type { Context } from './command-context.ts'
import type { ControlPlane, ControlPlaneOptions } from './find-control-plane.ts'
import type { Language, Messages } from './messages/index.ts'
import type { Processes } from './processes/processes.ts'
import type { CommandWords } from './words.ts'

export interface RemoteContext extends Context {
  client: Client
  controlPlane: ControlPlane
}

/** Options that every command takes. */
export interface GlobalOptions extends ControlPlaneOptions {
  json?: boolean
}

/** A command's work: options in, exit code out. */
export type Run<O, C extends Context> = (options: O, context: C) => Promise<number>

export type Action = (...args: unknown[]) => Promise<void>

/** What a command definition is made with. */
export interface Cli {
  t: Messages
  language: Language
  processes: Processes
  /** A command with its help. */
  command(name: string, words: Record<Language, CommandWords>): Command
  /** For commands that ask no control plane. */
  local<O>(run: Run<O, Context>): Action
  /** For commands that ask one: its address and credential are found first. */
  remote<O>(run: Run<O, RemoteContext>): Action
}
