import { expect, test } from 'vitest'
import { wantedBy } from './install-runner.ts'

const url = 'https://ikoma.example.org'

test.each([
  ['an address and an invitation enrol', { url, token: 't', name: 'web-1' }, { url, token: 't', name: 'web-1' }, null],
  ['an address alone is another one of the same control plane', { url }, null, { url }],
  ['neither changes who it is, or whom it asks', {}, null, null],
])('%s', (_, options, invitation, moving) => {
  expect(wantedBy(options, false)).toEqual({
    invitation: invitation && { ...invitation, insecure: false },
    moving: moving && { ...moving, insecure: false },
    newIdentity: false,
  })
})

test('plain http that was asked for is asked for of both', () => {
  expect(wantedBy({ url }, true).moving).toMatchObject({ insecure: true })
  expect(wantedBy({ url, token: 't' }, true).invitation).toMatchObject({ insecure: true })
})

test('an authority goes with either, or alone to the control plane that it has', () => {
  expect(wantedBy({ url, token: 't' }, false, 'pem').invitation).toMatchObject({ url, ca: 'pem' })
  expect(wantedBy({ url }, false, 'pem').moving).toEqual({ url, insecure: false, ca: 'pem' })
  expect(wantedBy({}, false, 'pem').moving).toEqual({ insecure: false, ca: 'pem' })
})
