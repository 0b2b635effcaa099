import type { BackupManifest } from '@ikoma/api'
import type { Host } from '@ikoma/machine'
import type { Sent } from '../program/ask.ts'

/** A kind of database, as far as its backups go. The scratch folder is empty and belongs to the account it works as. */
export interface Engine {
  source: Pick<BackupManifest, 'engine' | 'source' | 'runAs' | 'connection'>
  /** Of the backup's file. */
  extension: string
  /** Rejects when no backup could be taken, or read, and says why. Changes nothing. */
  check(host: Host): Promise<void>
  /** Writes what the database holds at one moment into a new file. */
  copy(host: Host, to: { file: string; workDir: string }): Promise<Sent>
  /** Restores the file into a scratch database and checks that one: gives what was checked, rejects at what fails. */
  prove(host: Host, from: Proving): Promise<string[]>
}

export interface Proving {
  file: string
  /** Of the scratch folder and database, which are gone afterwards. */
  scratchId: string
  workDir: string
  manifest: BackupManifest
}
