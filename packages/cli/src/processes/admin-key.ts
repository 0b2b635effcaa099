import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { tokenPrefix } from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'
import { newToken, readOrMakeSecretFile } from '@ikoma/kernel/node'
import type { ControlPlaneConfig } from './config.ts'

export interface AdminKey {
  key: string
  /** The file it is in; null when it came from the environment. */
  file: string | null
  made: boolean
}

export const adminKeyFile = 'admin.key'
const minimumLength = 24
const minimumDistinct = 8

/** The admin key: IKOMA_ADMIN_KEY, or the file beside the database, made at the first start outside production. */
export function resolveAdminKey(config: Pick<ControlPlaneConfig, 'adminKey' | 'dataDir' | 'production'>): AdminKey {
  const { adminKey, dataDir, production } = config
  if (adminKey !== null) {
    if (production && isWeak(adminKey)) throw unusable('IKOMA_ADMIN_KEY is too easy to guess')
    return { key: adminKey, file: null, made: false }
  }
  const file = join(dataDir, adminKeyFile)
  if (production && !existsSync(file)) throw unusable('IKOMA_ADMIN_KEY is not set')
  const { content, made } = readOrMakeSecretFile(file, () => newToken(tokenPrefix.admin))
  if (production && isWeak(content)) throw unusable(`The key in ${file} is too easy to guess`)
  return { key: content, file, made }
}

function isWeak(key: string): boolean {
  return key.length < minimumLength || new Set(key).size < minimumDistinct
}

function unusable(problem: string): AppError {
  return new AppError(
    'invalid',
    `${problem}. Production needs at least ${minimumLength} random characters: openssl rand -hex 32`,
    {
      reason: 'admin_key_unusable',
      fields: [{ field: 'IKOMA_ADMIN_KEY', message: `at least ${minimumLength} random characters` }],
    },
  )
}
