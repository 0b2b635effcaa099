import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TornForms } from './torn-forms.ts'

const form = 'aG9yc2UtYmF0dGVyeS1zdGFwbGU7cm9vdA'

/** The letters that stay, with each hidden stretch as `_`. */
function shown(text: string, forms: readonly string[]): string {
  const letters = [...text]
  for (const { hideFrom, to } of new TornForms(forms).spans(text)) letters.fill('_', hideFrom, to)
  return letters.join('').replace(/_+/g, '_')
}

test('wherever a line ends within it, and whatever stands around, both pieces are hidden (property)', () => {
  const noise = fc.string({ unit: fc.constantFrom('x', 'a', 'G', '9', ' ', '0'), maxLength: 40 })
  const indent = fc.constantFrom('', ' ', '\t\t', '\u00a0', '\ufeff  ')
  const others = fc.array(fc.string({ minLength: 16, maxLength: 60 }).filter((text) => !text.includes('\n')))
  fc.assert(
    fc.property(fc.integer({ min: 12, max: form.length - 12 }), noise, indent, others, (at, before, between, more) => {
      const text = `${before}\n${before}${form.slice(0, at)}\r\n${between}${form.slice(at)} ${before}`
      expect(shown(text, [...more, form])).not.toContain(form.slice(at - 8, at))
      expect(shown(text, [...more, form])).not.toContain(form.slice(at, at + 8))
    }),
  )
})

test('a line that is a piece out of the middle of one is hidden', () => {
  expect(shown(`one\n  ${form.slice(9, 27)}\ntwo`, [form])).toBe('one\n  _\ntwo')
})

test('nothing else is hidden, and short secrets have no pieces', () => {
  const text = `${'0123456789abcdef'.repeat(2)}\n`.repeat(50)
  expect(shown(text, [form])).toBe(text)
  expect(shown('short\nsecret', ['shortsecret'])).toBe('short\nsecret')
})
