import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../testing/hostile.ts'
import { readEnvironmentFile, renderEnvironmentFile } from './environment-file.ts'

const variables = fc.dictionary(
  fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,20}$/),
  fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0')),
)

describe('an environment file', () => {
  it('is read back as what was rendered, whatever the values', () => {
    fc.assert(
      fc.property(variables, (environment) => {
        expect(readEnvironmentFile(renderEnvironmentFile(environment))).toEqual({ ...environment })
      }),
    )
  })

  it.each([
    'A=1\n',
    'A="1"',
    'A="$HOME"\n',
    '# comment\nA="1"\n',
    'A="1"\n\n',
    'A="1\\n"\n',
    '1A="1"\n',
    'A="1" B="2"\n',
  ])('that was written differently is refused: %j', (file) => {
    expect(outcomeOf(() => readEnvironmentFile(file))).toEqual({ refusedAt: 'environment' })
  })

  it('keeps a value that is refused out of the error', () => {
    expect(() => renderEnvironmentFile({ TOKEN: 'hunter2\0' })).toThrow('environment/TOKEN: holds a NUL character')
    expect(() => renderEnvironmentFile({ TOKEN: 'hunter2\0' })).not.toThrow('hunter2')
  })
})
