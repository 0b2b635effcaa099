// Writes an app's `.env.example` from its environment contract; with --check: fails where it is another.
//
//   node scripts/app-env.ts apps/<name> [--check]
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkExample, writeExample } from '@ikoma/backend/config'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { check: { type: 'boolean' } } })
for (const folder of positionals) {
  const options = {
    contractFile: join(folder, 'env.contract.yaml'),
    exampleFile: join(folder, '.env.example'),
    environment: 'production',
  }
  if (values.check) checkExample(options)
  else writeExample(options)
}
