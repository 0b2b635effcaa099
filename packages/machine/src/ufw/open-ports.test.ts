import { expect, test } from 'vitest'
import { openPorts } from './open-ports.ts'

const any = '0.0.0.0/0'

test.each([
  ['limit tcp 22 0.0.0.0/0 any 0.0.0.0/0 in', [[22, 22]]],
  [
    'allow tcp 80,443 ::/0 any ::/0 in',
    [
      [80, 80],
      [443, 443],
    ],
  ],
  [
    `allow tcp 80,8000:8010 ${any} any ${any} in comment=6874747073`,
    [
      [80, 80],
      [8000, 8010],
    ],
  ],
  [
    `allow tcp 80,443 ${any} any ${any} Nginx%20Full - in`,
    [
      [80, 80],
      [443, 443],
    ],
  ],
  [`allow any 53 ${any} any ${any} in`, [[53, 53]]],
  [`allow any any ${any} any ${any} in`, [[1, 65_535]]],
  [`allow_log tcp 443 ${any} any ${any} in`, [[443, 443]]],
])('ufw opens to everybody what %s says', (tuple, expected) => {
  expect(openPorts({ tuples: [[tuple], []] }).map(({ first, last }) => [first, last])).toEqual(expected)
})

test.each([
  `deny tcp 80 ${any} any ${any} in`,
  `allow udp 443 ${any} any ${any} in`,
  `allow tcp 443 ${any} any 10.0.0.0/8 in`,
  `allow tcp 443 10.0.0.4 any ${any} in`,
  `allow tcp any ${any} 443 ${any} in`,
  `allow tcp 443 ${any} any ${any} out`,
  `allow tcp 443 ${any} any ${any} in_eth1`,
  `route:allow tcp 443 ${any} any ${any} in`,
])('ufw opens nothing to everybody by %s', (tuple) => {
  expect(openPorts({ tuples: [[], [tuple]] })).toEqual([])
})
