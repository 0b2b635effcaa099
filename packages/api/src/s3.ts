import * as z from 'zod'
import { pathField } from './catalogue/fields/path.ts'

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
const ownNetwork =
  /^(10(\.\d{1,3}){3}|172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2}|192\.168(\.\d{1,3}){2}|\[f[cd][0-9a-f]{2}:[0-9a-f:]+\])$/

const endpointField = z
  .string()
  .regex(
    /^https?:\/\/([A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9a-f:]{2,39}\])(:\d{1,5})?$/,
    'the address of an S3-compatible store, such as "https://s3.example.com": no path, no account',
  )
  .refine((text) => URL.canParse(text), 'an address')

/**
 * A bucket of any S3-compatible store, whose files are addressed by path (`endpoint/bucket/prefix/…`). Its account is only
 * ever in a file on the server.
 */
export const s3PlaceSchema = z
  .strictObject({
    endpoint: endpointField,
    region: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a region such as "eu-west-3"')
      .default('us-east-1'),
    bucket: z
      .string()
      .regex(/^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket: lower-case letters, digits, - and ., 3 to 63'),
    prefix: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,62}){0,7}$/,
        'names of letters, digits and . _ -, with / between them',
      )
      .default('ikoma'),
    /** As the tools of AWS have it, with a line `ikoma_seal`; of root, and 0600. */
    authFile: pathField,
    /** The authority that the store's certificate is from, when the system does not know it. */
    rootFile: pathField.optional(),
    /** Without TLS, which only the server's own network may do. */
    plainHttp: z.boolean().default(false),
  })
  .refine(({ endpoint, plainHttp }) => endpoint.startsWith('https:') || (plainHttp && isNear(endpoint)), {
    message: 'https, or with plainHttp the address of this machine or of a private network',
    path: ['endpoint'],
  })
export type S3Place = z.infer<typeof s3PlaceSchema>

/** By its address alone: what a name leads to may change. */
function isNear(endpoint: string): boolean {
  const hostname = URL.parse(endpoint)?.hostname ?? ''
  return loopback.test(hostname) || ownNetwork.test(hostname)
}
