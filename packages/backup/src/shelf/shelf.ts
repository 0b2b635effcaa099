import { backupIdPattern, type S3Place } from '@ikoma/api'
import type { Host } from '@ikoma/machine'
import { refuseForeignFolders } from '@ikoma/machine/safety'
import type { BackupProgram } from '../program/ask.ts'

/** The place of one database's backups: the folder `directory/name`, or a bucket, to which they pass through it. */
export interface Shelf {
  directory: string
  name: string
  s3?: S3Place | undefined
}

/** The mode of the folders: an app passes through to its scratch folder, and sees nothing on the way. */
const passageMode = 0o711

export const folderOf = ({ directory, name }: Shelf) => `${directory}/${name}`
export const pathOf = (shelf: Shelf, file: string) => `${folderOf(shelf)}/${file}`
export const workDirOf = (shelf: Shelf, id: string) => pathOf(shelf, `work-${id}`)
export const manifestName = (id: string) => `${id}.json`

/** The place of the backups in words for people. */
export function placeOf(shelf: Shelf): string {
  const { name, s3 } = shelf
  return s3 === undefined ? folderOf(shelf) : `s3://${s3.bucket}/${s3.prefix}/${name} at ${s3.endpoint}`
}

/** Makes the missing folders; gives those, last first, to take them back. */
export async function makeShelf(host: Host, tool: BackupProgram, shelf: Shelf): Promise<string[]> {
  const newFolders: string[] = []
  await refuseForeignFolders(host, `${folderOf(shelf)}/`, tool.self.owner)
  for (const path of [shelf.directory, folderOf(shelf)]) {
    if (await host.look(path)) continue
    await host.makeDirectory(path, { mode: passageMode, ...tool.self })
    newFolders.unshift(path)
  }
  return newFolders
}

interface ShelfEntry {
  file: string
  id: string
  isManifest: boolean
  isWorkDir: boolean
}

/** The entries that are ours among the names of a shelf. */
export function entriesIn(names: readonly string[]): ShelfEntry[] {
  return names.flatMap((file) => {
    const id = file.replace(/^work-/, '').replace(/\..*$/, '')
    if (!backupIdPattern.test(id)) return []
    return [{ file, id, isManifest: file === manifestName(id), isWorkDir: file.startsWith('work-') }]
  })
}

/** When a backup was begun, by its id; in milliseconds. */
export function takenAtMs(id: string): number {
  const [, time = ''] = backupIdPattern.exec(id) ?? []
  return Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/, '$1-$2-$3T$4:$5:'))
}
