// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of compose
import { describe, expect, test } from 'vitest'
import { interpolate } from './interpolation.ts'
import { readVariablesFile } from './variables-file.ts'

const known = { HOME_OF: '/srv', EMPTY: '' }
const read = (text: string) => readVariablesFile(text, { known, expanded: 'all' })

describe('a file of variables', () => {
  test.each<[string, Record<string, string>]>([
    ['A=b\r\nexport B = c # d\n# C=d\n\n\tD:e', { A: 'b', B: 'c', D: 'e' }],
    ['A=#b\nB=a#b\nC=', { A: '#b', B: 'a#b', C: '' }],
    ['A="x\\ty \\"z\\" \\$HOME_OF" # c', { A: 'x\ty "z" $HOME_OF' }],
    ["A='$HOME_OF \\n'\nB='it\\'s'", { A: '$HOME_OF \\n', B: "it's" }],
    ['A="one\ntwo"\nB=three', { A: 'one\ntwo', B: 'three' }],
    ['A=1\nB=$A${A}$$A-${C:-$HOME_OF}', { A: '1', B: '11$A-/srv' }],
    ['HOME_OF\nNOBODY\n1A=x', { HOME_OF: '/srv' }],
    ['A=x=y=z\nA.b-c=1', { A: 'x=y=z', 'A.b-c': '1' }],
    ['A=constructor$constructor', { A: 'constructor' }],
  ])('%j is read as compose 2 reads it', (text, variables) => {
    expect(read(text)).toEqual(variables)
  })

  test('for version 1 has dollar signs that are dollar signs', () => {
    const as = (expanded: 'braced' | null) => readVariablesFile('A=p$HOME_OF$$\nB=${HOME_OF}', { known, expanded })
    expect(as(null)).toEqual({ A: 'p$HOME_OF$$', B: '${HOME_OF}' })
    expect(as('braced')).toEqual({ A: 'p$HOME_OF$$', B: '/srv' })
  })

  test.each([
    ['A B=c', 'line 1'],
    ['A=1\n=c', 'line 2'],
    ['é=c', 'line 1'],
    ['A="x', 'line 1 has quotes without an end'],
    ['A="x" B=sesame', 'line 1 goes on'],
    ['A=${B', 'has no end'],
    ['A=${B:?sesame}', 'the variable B'],
    ['A=\0', 'character'],
    [`A=${'${B:-'.repeat(30)}x${'}'.repeat(30)}`, 'too deeply'],
    [`A=${'x'.repeat(300_000)}`, 'characters'],
    [`A=${'x'.repeat(100_000)}\nB=${'$A'.repeat(50_000)}`, 'too large'],
  ])('%# is refused with its line, and without a word of it', (text, why) => {
    const error = (() => {
      try {
        return read(text)
      } catch (caught) {
        return caught
      }
    })()
    expect(String(error)).toContain(why)
    expect(String(error)).not.toContain('sesame')
  })

  test('of many lines and many variables takes no longer than its lines', () => {
    const lines = Array.from({ length: 15_000 }, (_, index) => `A${index}=$A${index - 1}x`.slice(0, 15))
    expect(Object.keys(read(lines.join('\n')))).toHaveLength(15_000)
    expect(read(`A="${'\n'.repeat(200_000)}"`).A).toHaveLength(200_000)
  })
})

test.each([
  ['$A-${A}', 'a-a'],
  ['${NO-x}${EMPTY-y}${EMPTY:-z}${NO:-}', 'xz'],
  ['${A+x}${EMPTY+y}${EMPTY:+z}${NO+n}', 'xy'],
  ['$$A $${A} $1 $', '$A ${A} $1 $'],
  ['${NO:-${A}-{b}}', 'a-{b}'],
  ['${__proto__}$constructor', ''],
])('%s stands for %j', (text, value) => {
  const variables = new Map([
    ['A', 'a'],
    ['EMPTY', ''],
  ])
  expect(interpolate([text], { lookUp: (name) => variables.get(name) })).toEqual([value])
})
