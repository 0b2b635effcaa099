// npm compares `engines` with the Node that runs npm, not with the Node 24 this project installs:
// it would warn about every such package and silently skip optional ones.
import { readFileSync, writeFileSync } from 'node:fs'

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, { engines?: unknown }>
}
for (const entry of Object.values(lock.packages)) delete entry.engines
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
