import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { environmentSchema } from './processes/config.ts'
import { version } from './version.ts'

const root = join(import.meta.dirname, '../../..')
const textOf = (name: string) => readFileSync(join(root, name), 'utf8')
const named = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name).toSorted()

test('.env.example has every variable that is read, and of others only what docker-compose reads', () => {
  const variables = named(textOf('.env.example'), /^([A-Z_]+)=/gm)
  const read = Object.keys(environmentSchema.shape)
  expect(read.filter((name) => !variables.includes(name))).toEqual([])
  const others = variables.filter((name) => !read.includes(name))
  expect(others).toEqual(['BASE_IMAGE', 'COMPOSE_PROJECT_NAME', 'POSTGRES_IMAGE', 'POSTGRES_PASSWORD'])
})

test('.env.example has no secret, and docker-compose.yml refuses to start without those it needs', () => {
  expect(textOf('.env.example')).toMatch(
    /^IKOMA_ADMIN_KEY=\nPOSTGRES_PASSWORD=|^IKOMA_ADMIN_KEY=$[\s\S]*^POSTGRES_PASSWORD=$/m,
  )
  expect(textOf('.env.example')).toMatch(/^METRICS_TOKEN=$/m)
  expect(named(textOf('docker-compose.yml'), /\$\{(\w+):\?\1 is not set/g)).toEqual([
    'IKOMA_ADMIN_KEY',
    'POSTGRES_PASSWORD',
  ])
})

test('what docker-compose.yml has in place of a value is what .env.example says', () => {
  const example = new Map(
    [...textOf('.env.example').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  )
  for (const [, name = '', value = ''] of textOf('docker-compose.yml').matchAll(
    /\$\{(PORT|BASE_IMAGE|POSTGRES_IMAGE):-([^}]+)\}/g,
  ))
    expect([name, example.get(name)]).toEqual([name, value])
  expect(textOf('Dockerfile')).toContain(`ARG BASE_IMAGE=${example.get('BASE_IMAGE')}\n`)
})

test('the label of the image is the version', () => {
  expect(textOf('Dockerfile')).toContain(`ARG VERSION=${version}\n`)
})

test('pnpm has the workspaces of npm, and runs the install scripts that npm runs', () => {
  const manifest = JSON.parse(textOf('package.json')) as { workspaces: string[]; allowScripts: Record<string, boolean> }
  const pnpm = textOf('pnpm-workspace.yaml')
  const itemsOf = (key: string) => {
    const [, lines = ''] = new RegExp(`^${key}:\\n((?: +.+\\n)+)`, 'm').exec(pnpm) ?? []
    return named(lines, /^ +(?:- )?'?([^':\n]+)'?/gm)
  }
  expect(itemsOf('packages')).toEqual(manifest.workspaces.toSorted())
  const scripts = Object.keys(manifest.allowScripts).toSorted()
  expect([itemsOf('allowBuilds'), itemsOf('onlyBuiltDependencies')]).toEqual([scripts, scripts])
})
