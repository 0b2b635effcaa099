import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../testing/hostile.ts'
import { readCompose } from '../testing/readers.ts'
import { renderComposeFile } from './compose-file.ts'
import type { ComposeService } from './service-block.ts'

const render = (fields: Partial<ComposeService>) =>
  renderComposeFile({
    services: { api: { source: { image: 'api:1' }, restart: 'always', ...fields } },
    volumes: ['data'],
  })

describe('a compose file', () => {
  it('publishes a port for this server only, unless another address is given', () => {
    const ports = [
      { port: 80, containerPort: 81 },
      { port: 82, containerPort: 83, address: '0.0.0.0' },
    ]
    expect(readCompose(render({ ports }))).toMatchObject({
      services: { api: { ports: ['127.0.0.1:80:81', '0.0.0.0:82:83'] } },
    })
  })

  it.each([
    [{ mounts: [{ volume: 'other', target: '/x' }] }, 'services/api/mounts/0/volume'],
    [{ mounts: [{ folder: '../other', target: '/x' }] }, 'services/api/mounts/0/folder'],
    [{ environmentFiles: ['/etc/shadow'] }, 'services/api/environmentFiles/0'],
    [{ source: { buildFolder: 'a/../..' } }, 'services/api/source/buildFolder'],
    [{ source: { image: 'api:latest' } }, 'services/api/source/image'],
    [{ networks: ['host'] }, 'services/api/networks/0'],
    [{ dependsOn: { other: 'healthy' } }, 'services/api/dependsOn'],
    [{ ports: [{ port: 80, containerPort: 80, address: 'localhost' }] }, 'services/api/ports/0/address'],
    [{ command: [] }, 'services/api/command'],
  ] satisfies [Partial<ComposeService>, string][])('is refused with %j', (fields, field) => {
    expect(outcomeOf(() => render(fields))).toEqual({ refusedAt: field })
  })

  it('holds no character that the reader of compose 1.29 takes for a line break or refuses', () => {
    const command = ['\u007f\u0085\u2028\u2029\ufeff\ufffe']
    expect(render({ command })).toMatch(/^[\n\x20-\x7e]*$/)
    expect(readCompose(render({ command }))).toMatchObject({ services: { api: { command } } })
  })
})
