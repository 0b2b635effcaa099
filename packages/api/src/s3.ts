import { isLoopbackUrl } from '@ikoma/kernel'
import * as z from 'zod'
import { pathField } from './catalogue/fields/path.ts'

const ownNetwork =
  /^(10(\.\d{1,3}){3}|172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2}|192\.168(\.\d{1,3}){2}|\[f[cd][0-9a-f]{2}:[0-9a-f:]+\])$/

const endpointField = z
  .string()
  .regex(
    /^https?:\/\/((?!.*\.\.)[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9a-f:]{2,39}\])(:\d{1,5})?$/,
    'the address of an S3-compatible store, such as "https://s3.example.com": no path, no account',
  )
  .refine((text) => URL.canParse(text), 'an address')

/**
 * A bucket of any S3-compatible store, whose files are addressed by path (`endpoint/bucket/prefix/…`). Its account is only
 * ever in a file on the server.
 */
export const s3PlaceSchema = z
  .strictObject({
    endpoint: endpointField.describe(
      'The address of the S3-compatible store, without a path: `https://s3.example.com`.',
    ),
    region: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a region such as "eu-west-3"')
      .default('us-east-1')
      .describe('The region that requests are signed for; a store that has none takes any.'),
    bucket: z
      .string()
      .regex(/^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket: lower-case letters, digits, - and ., 3 to 63')
      .describe('The name of the bucket, which must exist.'),
    prefix: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,62}){0,7}$/,
        'names of letters, digits and . _ -, with / between them',
      )
      .default('ikoma')
      .describe('The folder in the bucket below which the backups lie.'),
    authFile: pathField.describe(
      "A file of the server with the store's account, as the tools of AWS have it, and a line `ikoma_seal`; it belongs to root and has mode 0600.",
    ),
    rootFile: pathField
      .optional()
      .describe('A PEM file of the authority that certifies the store, when the system does not know it.'),
    plainHttp: z
      .boolean()
      .default(false)
      .describe('Whether the store may be reached without TLS, which only this machine or a private network may do.'),
  })
  .refine(({ endpoint, plainHttp }) => endpoint.startsWith('https:') || (plainHttp && isNear(endpoint)), {
    message: 'https, or with plainHttp the address of this machine or of a private network',
    path: ['endpoint'],
  })
export type S3Place = z.infer<typeof s3PlaceSchema>

/** By its address alone: what a name leads to may change. */
function isNear(endpoint: string): boolean {
  return isLoopbackUrl(endpoint) || ownNetwork.test(URL.parse(endpoint)?.hostname ?? '')
}
