import { answering } from './http.ts'
import { addFiles, ask, start } from './tool.ts'

/** Around sites: what the distribution's own file has, without anything that needs root. */
export function configuration(place: string, sites = `${place}/site.conf`): string {
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return [
    `pid ${place}/nginx.pid;`,
    `error_log ${place}/error.log;`,
    'events {}',
    'http {',
    `access_log ${place}/access.log;`,
    ...bodies.map((kind) => `${kind}_temp_path ${place}/${kind};`),
    `include ${sites};`,
    '}',
    '',
  ].join('\n')
}

const flags = (place: string) => ['-p', place, '-e', `${place}/error.log`, '-c', `${place}/nginx.conf`]

export async function checkNginx(site: string, place: string): Promise<void> {
  addFiles(place, { 'site.conf': site, 'nginx.conf': configuration(place) })
  await ask(['nginx', '-t', ...flags(place)], place)
}

/** Serves until the test has ended. */
export async function startNginx(site: string, place: string, url: string): Promise<void> {
  addFiles(place, { 'site.conf': site, 'nginx.conf': configuration(place) })
  start(['nginx', ...flags(place), '-g', 'daemon off; master_process off;'], place)
  await answering(url)
}
