import { expect, test } from 'vitest'
import { catalogueReference } from './reference.ts'

test('the page for people says what the catalogue says', async () => {
  await expect(catalogueReference()).toMatchFileSnapshot('../../../../docs/order-types.md')
})
