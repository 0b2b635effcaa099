import type { S3Place } from '@ikoma/api'
import type { Host } from '@ikoma/machine'
import { refuseForeignFolders, refuseOpenSecretFile, refuseTurnable } from '@ikoma/machine/safety'
import { newBackupId } from '../ids.ts'
import { askProgram, type BackupProgram } from '../program/ask.ts'
import { makeShelf, pathOf, type Shelf } from './shelf.ts'
import type { ShelfFiles } from './shelf-files.ts'

/** A shelf in a bucket. Our program for databases speaks to it, under our own account, which alone can read the file. */
export function bucketFiles(host: Host, tool: BackupProgram, shelf: Shelf & { s3: S3Place }): ShelfFiles {
  const { s3, name } = shelf
  const at = { s3, name }
  return {
    async check() {
      await refuseForeignFolders(host, pathOf(shelf, 'any'), tool.self.owner)
      await refuseForeignFolders(host, s3.authFile, tool.self.owner)
      if (s3.rootFile !== undefined) await refuseTurnable(host, s3.rootFile, tool.self.owner)
      // Whoever reads the file can remove every backup.
      await refuseOpenSecretFile(host, s3.authFile, tool.self.owner)
    },
    list: () => askProgram(host, tool, { part: 's3', verb: 'list', ask: at }),
    read: (file) => askProgram(host, tool, { part: 's3', verb: 'read', ask: { ...at, file } }),
    async write(file, text) {
      await askProgram(host, tool, { part: 's3', verb: 'write', ask: { ...at, file }, input: text })
    },
    async remove(file, timeoutSec) {
      const bound = timeoutSec === undefined ? {} : { timeoutSec }
      await askProgram(host, tool, { part: 's3', verb: 'remove', ask: { ...at, file }, ...bound })
    },
    digests: async (files) =>
      files.length === 0 ? [] : askProgram(host, tool, { part: 's3', verb: 'digest', ask: { ...at, files } }),
    async keep(file, { bytes, sha256 }) {
      const path = pathOf(shelf, file)
      await askProgram(host, tool, {
        part: 's3',
        verb: 'put',
        ask: { ...at, file, sent: { bytes, sha256 } },
        inputFile: path,
      })
      await host.remove(path)
    },
    async withBytes(file, work) {
      // A name of its own: a file that is kept here under the same one stays as it is.
      const path = pathOf(shelf, `${newBackupId()}.fetched`)
      await makeShelf(host, tool, shelf)
      try {
        const found = await askProgram(host, tool, { part: 's3', verb: 'get', ask: { ...at, file }, outputFile: path })
        if (found === null) await host.remove(path)
        return await work(path)
      } finally {
        await host.remove(path)
      }
    },
  }
}
