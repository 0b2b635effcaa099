import { AppError } from '@ikoma/kernel'

export function tooLarge(mostBytes: number): AppError {
  const message = `The file is larger than ${mostBytes} bytes.`
  return new AppError('too_large', message, { reason: 'upload_too_large', details: { maxBytes: mostBytes } })
}

export function overQuota(quotaBytes: number): AppError {
  const message = `Your files would take more than ${quotaBytes} bytes: delete some first.`
  return new AppError('too_large', message, { reason: 'upload_quota', details: { quotaBytes } })
}

export function wrongType(allowed: readonly string[]): AppError {
  const message = `The file is not what it was declared to be, or none of ${allowed.join(', ')}.`
  return new AppError('unprocessable', message, { reason: 'upload_type', fields: [{ field: 'file', message }] })
}

export function infected(): AppError {
  return new AppError('unprocessable', 'The file has a virus in it.', { reason: 'upload_infected' })
}

export function notScanned(): AppError {
  const message = 'Nobody could say whether the file is clean: try again in a moment.'
  return new AppError('unavailable', message, { reason: 'upload_not_scanned', retryAfterSec: 30 })
}

export function notWhole(): AppError {
  return new AppError('invalid', 'The file did not arrive whole.', { reason: 'upload_aborted' })
}
