import { type Check, matching, refuse } from './refusal.ts'

/** The name of an app, a compose service, volume or network, a PM2 process, an nginx zone. */
export const name: Check<string> = matching(
  /^[a-z][a-z0-9-]{0,62}$/,
  'not_a_name',
  'is lower-case letters, digits and -, begins with a letter, and has at most 63 characters.',
)

/** The name of a user or group, as useradd(8) takes it. */
export const account: Check<string> = matching(
  /^[a-z_][a-z0-9_-]{0,31}$/,
  'not_an_account',
  'is the name of a user or group: lower-case letters, digits, _ and -, at most 32 characters.',
)

export const unprivilegedAccount: Check<string> = (value, field) =>
  account(value, field) === 'root' ? refuse(field, 'root', 'must not be root.') : value

/** `ikoma-gateway.service`, `network-online.target`. Templates are not used. */
export const unitName: Check<string> = matching(
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,200}\.(service|target|timer|socket|mount|path)$/,
  'not_a_unit',
  'is the name of a systemd unit such as "network-online.target".',
)

/** The name of a Debian package. apt would read a `-` at the end as "remove it". */
export const packageName: Check<string> = matching(
  /^[a-z0-9][a-z0-9+.-]{0,98}[a-z0-9+]$/,
  'not_a_package',
  'is a Debian package: lower-case letters, digits and + - .',
)

export const variableName: Check<string> = (value, field) =>
  value === '__proto__'
    ? refuse(field, 'not_a_variable', 'has a name that JavaScript reserves.')
    : variable(value, field)

const variable = matching(
  /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  'not_a_variable',
  'has a name that is not letters, digits and _, or that begins with a digit.',
)

/** An image with its tag or digest: what is deployed must be the same tomorrow. */
export const image: Check<string> = (value, field) =>
  imageReference(value, field).endsWith(':latest')
    ? refuse(field, 'image_not_pinned', 'needs a tag other than "latest", or a digest.')
    : value

const imageReference = matching(
  /^(?=.{1,255}$)([a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?\/)?[a-z0-9]+([._/-][a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$/,
  'not_an_image',
  'is an image with a tag or digest, such as "postgres:16".',
)
