import { describe, expect, it } from 'vitest'
import { fingerprintsOf } from './openpgp-key.ts'

/** Made with GnuPG 2.2, which told the fingerprints. */
const one = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawHHeRYJKwYBBAHaRw8BAQdA6ZlzOiiR8rijzK7t0+IzMJWWifH8goGyaahD
5YbXRoC0G1NhbXBsZSA8c2FtcGxlQGV4YW1wbGUuY29tPoiQBBMWCAA4FiEEc3Xw
kfWrBVwQKu/m7up3tYVSx5EFAmsBx3kCGwMFCwkIBwIGFQoJCAsCBBYCAwECHgEC
F4AACgkQ7up3tYVSx5HsEgD+Mx7OSU8hDIy4z58uncxUSE+fZ3E49Y4hO0tGwW0n
RhIA/3bvMi9XBeN6lwT+5l9u2mxdtiw4LPrU57jogPxXLjkL
=mqPG
-----END PGP PUBLIC KEY BLOCK-----
`
const oneAndOther = `-----BEGIN PGP PUBLIC KEY BLOCK-----
Comment: two keys

mDMEawHHeRYJKwYBBAHaRw8BAQdA6ZlzOiiR8rijzK7t0+IzMJWWifH8goGyaahD
5YbXRoC0G1NhbXBsZSA8c2FtcGxlQGV4YW1wbGUuY29tPoiQBBMWCAA4FiEEc3Xw
kfWrBVwQKu/m7up3tYVSx5EFAmsBx3kCGwMFCwkIBwIGFQoJCAsCBBYCAwECHgEC
F4AACgkQ7up3tYVSx5HsEgD+Mx7OSU8hDIy4z58uncxUSE+fZ3E49Y4hO0tGwW0n
RhIA/3bvMi9XBeN6lwT+5l9u2mxdtiw4LPrU57jogPxXLjkLmDMEawHHeRYJKwYB
BAHaRw8BAQdAOp62Kgzj+novwfFk7/2CS5FheDFx+5Jp/apzTHmAgKS0GU90aGVy
IDxvdGhlckBleGFtcGxlLmNvbT6IkAQTFggAOBYhBMeM8meG0lQP+59atGACv9ZU
5JSyBQJrAcd5AhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJEGACv9ZU5JSy
t24A/3BHN3HcwpOBaX1FvQ7jGyM9Wu1eEtKI4Z5DCF26Sy8IAQC0HYluaDeemiVM
BZ1k09oazpUJz2eSevbP9NDaJO46AA==
=CZSJ
-----END PGP PUBLIC KEY BLOCK-----
`
const [ours, others] = ['7375F091F5AB055C102AEFE6EEEA77B58552C791', 'C78CF26786D2540FFB9F5AB46002BFD654E494B2']

describe('the fingerprints of an armored file', () => {
  it.each([
    ['one key', one, [ours]],
    ['two keys in one block', oneAndOther, [ours, others]],
    ['two blocks', `${one}\n${one}`, [ours, ours]],
    ['lines that end as on Windows', one.replaceAll('\n', '\r\n'), [ours]],
  ])('are those of %s', (_, file, expected) => expect(fingerprintsOf(file)).toEqual(expected))

  it.each([
    ['nothing', ''],
    ['a page', '<html>not found</html>'],
    ['a key and something else', `${one}and more`],
    ['a key that is cut', one.replace(/RhIA.*\n/, '')],
    ['bytes that are no packets', one.replace('mDME', 'AAAA')],
  ])('are not known of %s', (_, file) => expect(fingerprintsOf(file)).toBeNull())
})
