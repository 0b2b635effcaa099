import { expect, test } from 'vitest'
import { isLoopbackAddress, isLoopbackUrl } from './loopback.ts'

test.each([
  ...[
    '127.0.0.1',
    '127.0.0.53',
    '127.1.2.3',
    '127.255.255.255',
    '::1',
    '0:0:0:0:0:0:0:1',
    '[::1]',
    '::1%lo',
    '[::1%lo]',
  ],
  ...['::ffff:127.0.0.1', '::FFFF:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:7f12:3456', '[::ffff:127.9.9.9]'],
])('%s is this machine', (address) => expect(isLoopbackAddress(address)).toBe(true))

test.each([
  ...[
    '',
    'localhost',
    '127.evil.example',
    '127.0.0.1.evil.example',
    '127.',
    '127',
    '127.1',
    '127.0.0.256',
    '127.0.0.1.',
  ],
  ...['0127.0.0.1', '0177.0.0.1', '127.0.0.01', '0x7f.0.0.1', '0x7f000001', '2130706433', '127.0.0.1:80', ' 127.0.0.1'],
  ...['127.0.0.1 ', '127.0.0.1\n', '127.0.0.1%lo', '0.0.0.0', '10.0.0.1', '126.255.255.255', '128.0.0.1', '1.127.0.0'],
  ...[
    '::',
    '::2',
    '::10',
    'fe80::1',
    'fe80::1%lo',
    '::127.0.0.1',
    '::ffff:126.0.0.1',
    '::ffff:1.2.3.4',
    '64:ff9b::7f00:1',
  ],
  ...[
    '::ffff:0:127.0.0.1',
    '1::ffff:127.0.0.1',
    '::1%',
    '::1]',
    '[127.0.0.1',
    '::1/128',
    '::1%lo]@evil',
    'fd00::1',
    '::ffff:7f00',
  ],
])('%j is not', (address) => expect(isLoopbackAddress(address)).toBe(false))

test.each([
  ...[
    'http://localhost',
    'https://LOCALHOST:3000/x',
    'http://127.0.0.1:3000',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]',
  ],
  // The URL standard reads these as 127.0.0.1, and so does whoever connects to them.
  ...[
    'http://127.1',
    'http://0177.0.0.1',
    'http://0x7f000001',
    'http://2130706433',
    'http://127.0.0.1.',
    'http://①②⑦.1',
  ],
])('%s leads to this machine', (url) => expect(isLoopbackUrl(url)).toBe(true))

test.each([
  ...[
    'http://127.evil.example',
    'http://127.0.0.1.evil.example',
    'http://127.0.0.1@evil.example',
    'http://127evil.example',
  ],
  ...[
    'http://localhost.evil.example',
    'http://localhost.',
    'http://evil.example/127.0.0.1',
    'http://evil.example#localhost',
  ],
  ...[
    'http://localhost@evil.example',
    'http://xlocalhost',
    'http://0.0.0.0',
    'http://[::]',
    'http://10.0.0.1',
    'nonsense',
    '',
  ],
])('%j does not', (url) => expect(isLoopbackUrl(url)).toBe(false))
