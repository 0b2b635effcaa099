import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DebianRecipe } from '../kit/debian.ts'

const garbage = [
  'var/cache/apt/archives',
  'var/lib/apt/lists',
  'usr/share/doc',
  'usr/share/locale',
  'var/lib/postgresql',
]

/** One Debian under all stand-ins: what the images of the compose files hold, with PostgreSQL 15 and nginx 1.22. */
export const underStandIns: DebianRecipe = {
  name: 'preprod',
  file: import.meta.filename,
  packages: [
    'ca-certificates',
    'certbot',
    'nginx-light',
    'openssl',
    'postgresql',
    'procps',
    // What a package of certbot's asks for by a name that debootstrap does not understand.
    'python3-cffi-backend',
    'redis-server',
    'wget',
  ],
  async finish(root) {
    for (const path of garbage) rmSync(join(root, path), { recursive: true, force: true })
  },
}
