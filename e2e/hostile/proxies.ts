import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { root } from '../kit/product.ts'
import { until } from '../kit/until.ts'
import type { ControlPlane, World } from '../kit/world.ts'
import { ask } from './ask.ts'

/** A block of code of the README as it is written there. */
function fromReadme(language: 'nginx' | 'caddyfile'): string {
  const text = readFileSync(join(root, 'README.md'), 'utf8')
  const [, block] = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(text) ?? []
  if (block === undefined) throw new Error(`README.md has no block of ${language}`)
  return block
}

/** nginx with what somebody writes in a hurry. */
export function bareNginx(world: World, upstream: ControlPlane): Promise<string> {
  const site = (port: number) =>
    `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${upstream.port}; } }`
  return startNginx(world, site, 'http')
}

/** nginx with the block of the README; the ports and the place of the certificate are the test's. */
export function readmeNginx(world: World, upstream: ControlPlane): Promise<string> {
  const [certificate, key] = newCertificate(world.folderFor('certificate'))
  const site = (port: number) =>
    fromReadme('nginx')
      .replace('127.0.0.1:8080', `127.0.0.1:${upstream.port}`)
      .replace('listen 443', `listen 127.0.0.1:${port}`)
      .replace(/\/etc\S+fullchain\.pem/, certificate)
      .replace(/\/etc\S+privkey\.pem/, key)
  return startNginx(world, site, 'https')
}

/** Caddy with the block of the README; only its ports, and who signs its certificate, are the test's. */
export async function readmeCaddy(world: World, upstream: ControlPlane): Promise<string> {
  const folder = world.folderFor('caddy')
  const [port, httpPort] = [await freePort(), await freePort()]
  const globals = `{
    admin off
    local_certs
    skip_install_trust
    auto_https disable_redirects
    http_port ${httpPort}
    https_port ${port}
    storage file_system ${folder}
  }`
  const site = fromReadme('caddyfile').replace('127.0.0.1:8080', `127.0.0.1:${upstream.port}`)
  const file = join(folder, 'Caddyfile')
  writeFileSync(file, `${globals}\n${site}`)
  world.start(['caddy', 'run', '--config', file, '--adapter', 'caddyfile'], { XDG_CONFIG_HOME: folder })
  return answering(`https://ikoma.example.org:${port}`)
}

async function startNginx(world: World, site: (port: number) => string, scheme: string): Promise<string> {
  const port = await freePort()
  const folder = world.folderFor(`nginx-${port}`)
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(folder, name))
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `pid ${folder}/pid; error_log stderr; daemon off; worker_processes 1;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      ${site(port)}
    }`,
  )
  world.start(['nginx', '-e', 'stderr', '-c', file])
  return answering(`${scheme}://ikoma.example.org:${port}`)
}

/** The address, once something answers there. */
async function answering(url: string): Promise<string> {
  await until(`${url} to answer`, () =>
    ask(url, '/healthz').then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  return url
}

function newCertificate(folder: string): [certificate: string, key: string] {
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  const subject = ['-subj', '/CN=ikoma.example.org', '-days', '1']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  execFileSync('openssl', ['req', '-x509', '-nodes', ...curve, ...subject, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  })
  return [certificate, key]
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
