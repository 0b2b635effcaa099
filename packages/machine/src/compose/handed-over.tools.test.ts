import { expect, test } from 'vitest'
import { composeTexts } from '../testing/compose-texts.ts'
import { hostileTexts } from '../testing/hostile.ts'
import { addFiles, ask, createPlace } from '../testing/tool.ts'
import { handedOver } from './handed-over.ts'
import { inspectComposeFile } from './judge/judge-file.ts'
import type { Mount } from './judge/mounts.ts'
import type { PublishedPort } from './judge/ports.ts'

interface Service {
  volumes: (string | Mount)[]
  ports: (string | PublishedPort)[]
  environment: Record<string, string>
  command: string[]
}

const root = '/srv/shop'

/** Generated services of which everything is understood, each with another text. */
function services(): Record<string, Service> {
  const [volumes, ports, variables] = [
    composeTexts('volume', 3_000, 7),
    composeTexts('port', 3_000, 8),
    composeTexts('environment', 400, 9),
  ]
  const given = [
    ...volumes.map((text) => ({ volumes: [text] })),
    ...ports.map((text) => ({ ports: [text] })),
    // Its printer, not its reader, makes a space of U+0085.
    ...[...variables, ...hostileTexts]
      .filter((text) => !text.includes('\u0085'))
      .map((text) => ({ environment: [`V=${text}`, text], command: [text] })),
  ]
  const understood = given.flatMap((service) => {
    const report = inspectComposeFile({ services: { web: { image: 'x:1', ...service } } }, root)
    if (report.findings.some(({ severity }) => severity === 'forbidden')) return []
    return [(report.understood.services as Record<string, Service>).web as Service]
  })
  const kinds = new Map(understood.map((service) => [JSON.stringify(service), service]))
  return Object.fromEntries([...kinds.values()].map((service, index) => [`s${index}`, withValues(service)]))
}

/** A name without a value would be looked up. */
const withValues = ({ environment, ...service }: Service) => ({
  ...(service as Service),
  ...(environment && {
    environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value ?? ''])),
  }),
})

test('docker-compose reads of all that it is handed exactly what was understood', async () => {
  const all = services()
  expect(Object.keys(all).length).toBeGreaterThan(200)
  const named = Object.values(all).flatMap(({ volumes = [] }) => volumes as Mount[])
  const volumes = Object.fromEntries(
    named.flatMap(({ type, source }) => (type === 'volume' && source ? [[source, {}]] : [])),
  )
  const place = createPlace({ 'given.yml': handedOver({ services: all, volumes }, 1) })
  addFiles(place, { 'printed.yml': await ask(['docker-compose', '--file', 'given.yml', 'config'], place) })
  const read = (JSON.parse(await ask(['python3', '-c', asJson], place)) as { services: Record<string, Printed> })
    .services
  for (const [name, service] of Object.entries(all)) {
    const { environment = [], command = [] } = read[name] ?? {}
    const seen = { environment: mapped(Object.fromEntries(environment), printed), command: command.map(printed) }
    expect({
      name,
      ...seen,
      mounts: mounts(read[name]).map((mount) => mount.map((part) => (typeof part === 'string' ? printed(part) : part))),
      ports: ports(read[name]),
    }).toEqual({
      ...{ name, environment: service.environment ?? {}, command: service.command ?? [] },
      ...{ mounts: mounts(service), ports: ports(service) },
    })
  }
})

type Printed = Omit<Service, 'environment'> & { environment: [string, string][] }

/** With variables as pairs: V8 takes a key of one escaped letter for another that it has seen in the same place. */
const asJson = `
import json, yaml
read = yaml.safe_load(open("printed.yml", encoding="utf-8"))
for service in read["services"].values():
    service["environment"] = list((service.get("environment") or {}).items())
print(json.dumps(read))
`

/** docker-compose prints for its own reader: with every dollar sign doubled. */
const printed = (text: string) => text.replaceAll('$$', '$')

const mapped = (values: Record<string, string>, change: (text: string) => string) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [change(name), change(value)]))

function mounts({ volumes = [] }: Partial<Pick<Service, 'volumes'>> = {}): unknown[][] {
  return volumes.map((mount): unknown[] => {
    if (typeof mount !== 'string') return [mount.type, mount.source ?? null, mount.target, mount.read_only ?? false]
    const [source, target, modes = ''] = mount.split(':')
    return ['bind', source, target, modes.split(',').includes('ro')]
  })
}

function ports({ ports = [] }: Partial<Pick<Service, 'ports'>> = {}): unknown[] {
  const all = ports.map((port) => {
    if (typeof port !== 'string') return `${port.host_ip ?? ''}:${port.published ?? ''}:${port.target}/${port.protocol}`
    return port
  })
  return all.sort()
}
