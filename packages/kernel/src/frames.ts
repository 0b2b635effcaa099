/** Letters of a line without what moves in a progress bar. */
const letters = (frame: string) => frame.replace(/[^\p{L}]/gu, '')

/**
 * What a line with carriage returns says, a line each: a program that writes over its own line shows a progress bar, of
 * which the last state is kept, or says something else, which is kept as well.
 */
export function framesOf(line: string): string[] {
  if (!line.includes('\r')) return [line]
  const frames = line.split('\r').filter((frame) => frame.trim() !== '')
  const last = frames.filter((frame, index) => {
    const next = frames[index + 1]
    return next === undefined || letters(frame) !== letters(next)
  })
  return last.length === 0 ? [''] : last
}
