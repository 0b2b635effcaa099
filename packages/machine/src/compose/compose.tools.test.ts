import { describe, expect, it } from 'vitest'
import { goldens, renderGolden } from '../testing/goldens.ts'
import { hostileTexts, outcomeOf } from '../testing/hostile.ts'
import { addFiles, ask, createPlace } from '../testing/tool.ts'
import { renderComposeFile } from './compose-file.ts'
import type { ComposeService } from './service-block.ts'

describe('docker-compose', () => {
  it.each(goldens.filter(({ kind }) => kind === 'compose'))('reads $name as it was meant', async (golden) => {
    const read = await understood(renderGolden(golden))
    const api = read.services.api
    expect(api).toMatchObject({ restart: 'unless-stopped', ports: ['127.0.0.1:8000:8000/tcp'] })
    expect(api?.environment.CORS_PATTERN).toBe('^https://[a-z]+\\.blingauto\\.com$$')
  })

  it('reads what is hostile as exactly that text in variables and arguments', async () => {
    // The printer of docker-compose, not its reader, makes a space of U+0085.
    const printable = hostileTexts.filter((text) => !text.includes('\u0085'))
    const texts = printable.filter((text) => 'rendered' in outcomeOf(() => render({ command: [text] })))
    expect(texts.length).toBeGreaterThan(50)
    const environment = Object.fromEntries(texts.map((text, index) => [`N${index}`, text]))
    const health = { test: texts, intervalSec: 1, timeoutSec: 1, retries: 1 }
    const { sample } = (await understood(render({ command: texts, environment, health }))).services
    expect(sample?.command.map(withoutEscapes)).toEqual(texts)
    expect(sample?.healthcheck.test.slice(1).map(withoutEscapes)).toEqual(texts)
    const read = Object.entries(sample?.environment ?? {}).map(([name, value]) => [name, withoutEscapes(value)])
    expect(Object.fromEntries(read)).toEqual(environment)
  })
})

interface Understood {
  services: Record<
    string,
    { command: string[]; environment: Record<string, string>; healthcheck: { test: string[] }; ports: string[] }
  >
}

const render = (fields: Partial<ComposeService>) =>
  renderComposeFile({ services: { sample: { source: { image: 'sample:1' }, restart: 'no', ...fields } } })

/** docker-compose prints the file as it understood it, for its own reader: with every dollar sign doubled. */
async function understood(file: string): Promise<Understood> {
  const place = createPlace({ 'docker-compose.yml': file, '.env.preprod': '' })
  addFiles(place, { 'printed.yml': await ask(['docker-compose', 'config'], place) })
  return JSON.parse(await ask(['python3', '-c', yamlToJson], place))
}

const yamlToJson = 'import json, yaml; print(json.dumps(yaml.safe_load(open("printed.yml", encoding="utf-8"))))'

const withoutEscapes = (value: string) => value.replaceAll('$$', '$')
