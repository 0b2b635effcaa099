import type { Host } from '@ikoma/machine'
import { refuseForeignFolders } from '@ikoma/machine/safety'
import { askProgram, type BackupProgram } from '../program/ask.ts'
import { folderOf, pathOf, type Shelf } from './shelf.ts'
import type { ShelfFiles } from './shelf-files.ts'

/** A shelf on the server itself, in a folder that only we can change. */
export function directoryFiles(host: Host, tool: BackupProgram, shelf: Shelf): ShelfFiles {
  const at = (file: string) => pathOf(shelf, file)
  return {
    check: () => refuseForeignFolders(host, at('any'), tool.self.owner),
    list: () => host.list(folderOf(shelf)),
    read: (file) => host.read(at(file)),
    write: (file, content) => host.write(at(file), { content, mode: 0o600, ...tool.self }),
    remove: (file) => host.remove(at(file)),
    digests: async (files) =>
      files.length === 0
        ? []
        : askProgram(host, tool, { part: 'files', verb: 'digest', ask: { files: files.map(at) } }),
    // The file was written where it stays.
    keep: async () => {},
    withBytes: (file, work) => work(at(file)),
  }
}
