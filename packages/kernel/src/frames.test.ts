import { expect, test } from 'vitest'
import { framesOf } from './frames.ts'

test.each([
  ['one', ['one']],
  ['one\r', ['one']],
  ['', ['']],
  ['\r\r', ['']],
  ['fetch  10 % [=>   ]\rfetch  60 % [===> ]\rfetch 100 % [=====]', ['fetch 100 % [=====]']],
  ['Error: no space\r 10 %\r 20 %', ['Error: no space', ' 20 %']],
  ['fetch a 1 %\rfetch a 100 %\rfetch b 1 %', ['fetch a 100 %', 'fetch b 1 %']],
  ['ligne é 1\rligne è 1', ['ligne é 1', 'ligne è 1']],
])('%j is the lines %j', (line, frames) => {
  expect(framesOf(line)).toEqual(frames)
})
