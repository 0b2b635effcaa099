/** For `catch` after reading a file that need not exist: null when it does not, any other error as it is. */
export function absentFile(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
  throw error
}
