import { expect, test } from 'vitest'
import { loneSite } from './lone-site.ts'

test.each([
  ['a site of two lines', 'example.com\nrespond hi\n', 0],
  [
    'one below options and comments',
    '{\n\temail a@b.fr\n}\n\n# main\nexample.com # ours\nroot * /srv\nfile_server\n',
    5,
  ],
  ['addresses over two lines', 'a.example.com,\nb.example.com\nrespond hi\n', 0],
  ['one with a block of its own', ':80\nreverse_proxy app:1 {\n\theader_up a b\n}\n', 0],
  ['one below a snippet', '(log) {\n\tlog\n}\nexample.com\nimport log\n', 3],
  ['one below a site with braces', 'a.example.com {\n\trespond a\n}\nb.example.com\nrespond b\n', 3],
  ['an address alone', ':80\n', 0],
])('%s is a site without braces', (_what, content, line) => expect(loneSite(content)).toBe(line))

test.each([
  ['nothing', ''],
  ['comments', '# a\n\n'],
  ['options alone', '{\n\tadmin off\n}\n'],
  ['sites with braces', 'a.example.com {\n\trespond a\n}\n\nb.example.com, c.example.com {\n}\n'],
  ['addresses over two lines, and braces', 'a.example.com,\nb.example.com {\n\trespond hi\n}\n'],
  ['imports', 'import sites/*\nimport /etc/caddy/ikoma/*.caddy\n'],
  [
    'blocks in blocks',
    '{\n\tservers {\n\t\tmetrics\n\t}\n}\n:80 {\n\thandle /a {\n\t\trespond a\n\t}\n\trespond b\n}\n',
  ],
])('%s is none', (_what, content) => expect(loneSite(content)).toBeNull())
