import { expect, test } from 'vitest'
import { csvLine } from './csv.ts'

test.each([
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['a;b', '"a;b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', '"two\nlines"'],
  ['=1+1', "'=1+1"],
  ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  ['+33 6 12', "'+33 6 12"],
  ['-5', "'-5"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['  =1', "'  =1"],
  ['\t=1', '"\'\t=1"'],
  ['\r=1', '"\'\r=1"'],
  ['＝1', "'＝1"],
  [-5, '-5'],
  [null, ''],
])('%j is written %j', (cell, written) => {
  expect(csvLine([cell], ',')).toBe(`${written}\r\n`)
})

test('the separator is the one that was asked for', () => {
  expect(csvLine(['a', 1.5, null, 'b'], ';')).toBe('a;1.5;;b\r\n')
})
