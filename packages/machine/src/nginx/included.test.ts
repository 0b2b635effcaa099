import { expect, test } from 'vitest'
import { inclusionOf, isIncludedBy } from './included.ts'

const path = '/etc/nginx/conf.d/ikoma-app.conf'
const main = '/etc/nginx/nginx.conf'

test.each([
  'include /etc/nginx/conf.d/*.conf;',
  'include conf.d/*.conf;',
  'include conf.d/*;',
  'include /etc/nginx/conf.d/*;',
  'include /etc/nginx/*.d/*.conf;',
  'include conf.d/ikoma-*.conf;',
  'include "conf.d/*.conf" ;',
  "include 'conf.d/*.conf';",
  'include\tconf.d/*.conf ; # sites',
])('%s reads a site of ours', (directive) => {
  for (const text of [`http {\n  ${directive}\n}\n`, `http { gzip on; ${directive} }\n`]) {
    const { start, end } = inclusionOf(path, text, main) ?? { start: 0, end: 0 }
    expect(directive).toContain(text.slice(start, end))
    expect(text.slice(start, end)).toMatch(/^include\s[^#]*;$/)
  }
})

test.each([
  '# include conf.d/*.conf;',
  'include conf.d/*.inc;',
  'include sites-enabled/*;',
  'include /etc/other/conf.d/*.conf;',
  'log_format a "include conf.d/*.conf;";',
  'noinclude conf.d/*.conf;',
])('%s does not', (directive) => expect(inclusionOf(path, `http {\n  ${directive}\n}\n`, main)).toBeNull())

test('what is hidden is not read by a star', () => {
  expect(isIncludedBy('/etc/nginx/conf.d/*', '/etc/nginx/conf.d/.app.conf')).toBe(false)
  expect(isIncludedBy('/etc/nginx/conf.d/*', '/etc/nginx/conf.d/app.conf~')).toBe(true)
})
