import { type Check, matching, refuse } from './refusal.ts'

/**
 * Absolute and in its shortest form. Only characters that mean themselves in every file that is rendered: paths on a
 * managed server are chosen by IKOMA or by its operator, not by the users of an app.
 */
export const absolutePath: Check<string> = (value, field) => {
  if (!isPath(value, /^(\/[A-Za-z0-9._@+-]+)+$/)) {
    refuse(field, 'not_an_absolute_path', 'is an absolute path without "..", of letters, digits and . _ @ + -')
  }
  return value
}

/** Below the folder that the file itself is in, without a leading `./`; `.` is that folder. */
export const relativePath: Check<string> = (value, field) => {
  if (value !== '.' && !isPath(value, /^[A-Za-z0-9._@+][A-Za-z0-9._@+-]*(\/[A-Za-z0-9._@+-]+)*$/)) {
    refuse(
      field,
      'not_a_relative_path',
      'is a path below the app\'s folder, without "..", of letters, digits and . _ @ + -',
    )
  }
  return value
}

/** The path of a URL as proxies match it: no query, no escapes, no `..`. */
export const urlPath: Check<string> = (value, field) => {
  if (!isPath(value, /^\/[A-Za-z0-9._~/-]*$/)) {
    refuse(field, 'not_a_url_path', 'is the path of a URL such as "/api/", of letters, digits and . _ ~ / -')
  }
  return value
}

/** The path of a URL, but not its root: hiding that would hide the site. */
export const hiddenPath: Check<string> = (value, field) =>
  urlPath(value, field).length > 1 && !value.endsWith('/')
    ? value
    : refuse(field, 'not_a_hidden_path', 'is a path below the root, without a / at its end.')

/** The path that a probe asks for, which may carry a query. */
export const requestTarget: Check<string> = matching(
  /^\/[A-Za-z0-9._~/?=&-]{0,500}$/,
  'not_a_request_target',
  'is the path of a URL, of letters, digits and . _ ~ / ? = & -',
)

function isPath(value: unknown, pattern: RegExp): boolean {
  if (typeof value !== 'string' || value.length > 1000 || !pattern.test(value)) return false
  return !value.includes('//') && !value.split('/').some((segment) => segment === '.' || segment === '..')
}
