import { expect, test } from 'vitest'
import { adminAddress, withAdminSocket } from './admin.ts'

const socket = '/var/lib/caddy/admin.sock'
const line = `\tadmin unix/${socket}\n`

test.each([
  ['an empty file', '', `{\n${line}}\n`],
  ['sites alone', ':80 {\n\trespond hi\n}\n', `{\n${line}}\n\n:80 {\n\trespond hi\n}\n`],
  ['a snippet first', '(a) {\n}\n', `{\n${line}}\n\n(a) {\n}\n`],
  ['comments above sites', '# a\n\n:80\n', `{\n${line}}\n\n# a\n\n:80\n`],
  ['options', '# a\n\n{ # global\n\temail a@b.fr\n}\n:80\n', `# a\n\n{ # global\n${line}\temail a@b.fr\n}\n:80\n`],
  [
    'an admin that is not one of the options',
    '{\n\ta {\n\t\tadmin x\n\t}\n}\n',
    `{\n${line}\ta {\n\t\tadmin x\n\t}\n}\n`,
  ],
])('with %s, the admin endpoint moves to the socket', (_what, content, expected) => {
  expect(adminAddress(content)).toBe('localhost:2019')
  expect(withAdminSocket(content, socket)).toBe(expected)
  expect(adminAddress(expected)).toBe(`unix/${socket}`)
})

test.each([
  ['an address', '{\n\tadmin localhost:2020\n}\n', 'localhost:2020'],
  ['an address with options', '{\n\tadmin :2020 {\n\t\torigins a\n\t}\n}\n', ':2020'],
  ['none', '{\n\tadmin off # never\n}\n', 'off'],
  ['the default, with options', '{\n\tadmin {\n\t\torigins a\n\t}\n}\n', 'localhost:2019'],
  ['options of another file', '{\n\timport options\n}\n', undefined],
  ['options of a file behind a tab', '{\n\timport\toptions\n}\n', undefined],
  ['a quoted address', '{\n\tadmin "localhost:2020"\n}\n', undefined],
  ['an address of the environment', '{\n\tadmin {env.ADMIN}\n}\n', undefined],
  ['an address on the next line', '{\n\tadmin \\\n\t\tlocalhost:2020\n}\n', undefined],
  ['a quoted option', '{\n\t"admin" off\n}\n', undefined],
  ['options behind a byte order mark', '\uFEFF{\n\tadmin off\n}\n', undefined],
  ['a first file that may have them', '# all\n\nimport conf.d/*\n', undefined],
])('where somebody chose %s, it stays', (_what, content, address) => {
  expect(adminAddress(content)).toBe(address)
  expect(withAdminSocket(content, socket)).toBe(content)
})
