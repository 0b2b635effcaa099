import { expect, test } from 'vitest'
import { composeLetter, html } from './letter.ts'

test('values are escaped, in text and in attributes, and what is HTML already is not', () => {
  const name = `<img src=x onerror="alert('&')">`
  const inner = html`<b title="${name}">${name}</b>`
  const escaped = '&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;'
  expect(inner.text).toBe(`<b title="${escaped}">${escaped}</b>`)
  expect(html`<p>${inner}${3}${[inner, inner]}</p>`.text).toBe(`<p>${inner}3${inner}${inner}</p>`)
})

test('a letter is text and HTML, in French and in English', () => {
  const action = { label: 'Vérifier <mon> adresse', url: 'https://b.test/verify?token=a&b="c"' }
  const letter = composeLetter({ locale: 'fr', paragraphs: ['Bienvenue, O’Neill <x>.'], action, footer: 'BlingAuto' })
  expect(letter.text).toBe(
    'Bonjour,\n\nBienvenue, O’Neill <x>.\n\nVérifier <mon> adresse : https://b.test/verify?token=a&b="c"\n\n-- \n\nBlingAuto\n',
  )
  expect(letter.html).toContain('<html lang="fr">')
  expect(letter.html).toContain('Bienvenue, O’Neill &lt;x&gt;.')
  expect(letter.html).toContain(
    '<a href="https://b.test/verify?token=a&amp;b=&quot;c&quot;">Vérifier &lt;mon&gt; adresse</a>',
  )
  expect(composeLetter({ locale: 'en', paragraphs: ['See you.'] }).text).toBe('Hello,\n\nSee you.\n')
})

test.each(['javascript:alert(1)', 'data:text/html,x', ' https://b.test', 'https://b.test/ x'])(
  'no link to %s',
  (url) => {
    expect(() => composeLetter({ locale: 'en', paragraphs: [], action: { label: 'x', url } })).toThrow('no web address')
  },
)
