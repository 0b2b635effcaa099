import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Language } from '../messages/index.ts'
import { translated } from '../words.ts'
import type { ControlPlaneConfig } from './config.ts'
import { ownerOfPort } from './port-owner.ts'

type Settings = Pick<ControlPlaneConfig, 'host' | 'port' | 'dataDir' | 'keysDir' | 'database'>

/** Why a control plane could not start, in words; what nobody foresaw stays as it is. */
export function startFailure(error: unknown, config: Settings, language: Language): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error
  const text = listenFailure(error, config, language) ?? folderFailure(error, config, language)
  return text === null ? error : new AppError('unavailable', text, { reason: 'start_failed', cause: error })
}

function listenFailure(error: NodeJS.ErrnoException, { host, port }: Settings, language: Language): string | null {
  const said = words[language]
  const { code, syscall } = error
  if (syscall === 'getaddrinfo') return said.hostUnknown(host)
  if (syscall !== 'listen' && syscall !== 'bind') return null
  if (code === 'EADDRINUSE') return said.portTaken(port, ownerOfPort(port))
  if (code === 'EACCES' || code === 'EPERM') return said.portForbidden(port)
  return code === 'EADDRNOTAVAIL' ? said.notOurAddress(host) : null
}

/** SQLite says only that it could not; the folder itself says why. */
function folderFailure(error: Error, config: Settings, language: Language): string | null {
  const said = words[language]
  const { code, errcode, path, syscall } = error as NodeJS.ErrnoException & { errcode?: number }
  // Of a database's socket, and no folder of ours.
  if (syscall === 'connect') return null
  const folder = path && !path.startsWith(config.keysDir) ? dirname(path) : path ? config.keysDir : config.dataDir
  const sqlite = errcode === undefined ? null : errcode & 0xff
  if (code === 'ENOSPC' || code === 'EDQUOT' || sqlite === sqliteFull) return said.full(folder)
  if (code === 'EROFS') return said.readOnly(folder)
  if (code === 'EACCES' || code === 'EPERM') return said.notWritable(folder)
  if (code === 'ENOTDIR') return said.notAFolder(folder)
  // Node says so of a folder that cannot be made: the one above it says why.
  if (code === 'ENOENT' && syscall === 'mkdir') return lookedAt(thereAbove(path ?? folder), language)
  if (code === 'EEXIST' && syscall === 'mkdir') return said.notAFolder(path ?? folder)
  if (sqlite === null || ![sqliteReadOnly, sqliteIo, sqliteCantOpen].includes(sqlite)) return null
  return lookedAt(config.dataDir, language)
}

const [sqliteReadOnly, sqliteIo, sqliteFull, sqliteCantOpen] = [8, 10, 13, 14]
/** Less than one page and its journal. */
const noRoomBytes = 64 * 1024

function thereAbove(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : thereAbove(dirname(path))
}

function lookedAt(folder: string, language: Language): string {
  const said = words[language]
  if (!existsSync(folder)) return said.missing(folder)
  if (!statSync(folder).isDirectory()) return said.notAFolder(folder)
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EROFS' ? said.readOnly(folder) : said.notWritable(folder)
  }
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize < noRoomBytes ? said.full(folder) : said.unusable(folder)
}

const besides = (port: number) => (port < 65_535 ? port + 1 : port - 1)

const words = translated({
  en: {
    portTaken: (port: number, who: string | null) =>
      `Port ${port} is taken${who ? ` by ${who}` : ''}. Stop that one, or choose another port: PORT=${besides(port)}`,
    portForbidden: (port: number) =>
      `This account may not listen on port ${port}: below 1024 that takes root. Choose a higher one, such as PORT=3000, and put a proxy before it.`,
    notOurAddress: (host: string) => `HOST=${host} is no address of this machine. See them: ip address`,
    hostUnknown: (host: string) =>
      `HOST=${host} is a name that is not known here. Give an address, such as HOST=127.0.0.1`,
    full: (folder: string) =>
      `The disk is full: nothing can be written in ${folder}. Make room, or choose another place: DB_PATH=…`,
    readOnly: (folder: string) =>
      `The file system of ${folder} is read-only. Mount it for writing, or choose another place: DB_PATH=…`,
    notWritable: (folder: string) =>
      `This account may not write in ${folder}. Give it the folder (chown), or choose another place: DB_PATH=…`,
    notAFolder: (folder: string) => `${folder} is not a folder. Choose another place: DB_PATH=…`,
    missing: (folder: string) => `The folder ${folder} is not there. Make it, or choose another place: DB_PATH=…`,
    unusable: (folder: string) =>
      `The database in ${folder} cannot be opened, though the folder is writable. Look at its files: who owns them, and are they folders?`,
  },
  fr: {
    portTaken: (port, who) =>
      `Le port ${port} est pris${who ? ` par ${who}` : ''}. Arrêtez celui-là, ou choisissez un autre port : PORT=${besides(port)}`,
    portForbidden: (port) =>
      `Ce compte ne peut pas écouter sur le port ${port} : sous 1024, il faut être root. Choisissez-en un plus haut, comme PORT=3000, derrière un proxy.`,
    notOurAddress: (host) => `HOST=${host} n’est pas une adresse de cette machine. Voyez-les : ip address`,
    hostUnknown: (host) => `HOST=${host} est un nom inconnu ici. Donnez une adresse, comme HOST=127.0.0.1`,
    full: (folder) =>
      `Le disque est plein : rien ne peut être écrit dans ${folder}. Faites de la place, ou choisissez un autre endroit : DB_PATH=…`,
    readOnly: (folder) =>
      `Le système de fichiers de ${folder} est en lecture seule. Montez-le en écriture, ou choisissez un autre endroit : DB_PATH=…`,
    notWritable: (folder) =>
      `Ce compte ne peut pas écrire dans ${folder}. Donnez-lui le dossier (chown), ou choisissez un autre endroit : DB_PATH=…`,
    notAFolder: (folder) => `${folder} n’est pas un dossier. Choisissez un autre endroit : DB_PATH=…`,
    missing: (folder) => `Le dossier ${folder} n’existe pas. Créez-le, ou choisissez un autre endroit : DB_PATH=…`,
    unusable: (folder) =>
      `La base dans ${folder} ne peut pas être ouverte, bien que le dossier soit accessible en écriture. Regardez ses fichiers : à qui sont-ils, sont-ce des dossiers ?`,
  },
})
