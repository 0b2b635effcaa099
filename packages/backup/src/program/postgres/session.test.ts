import { expect, test } from 'vitest'
import { errorsIn } from './session.ts'

test('what a program of PostgreSQL says is told without the rows in it', () => {
  const said = [
    'pg_restore: error: COPY failed for table "a": ERROR:  new row for relation "a" violates check constraint "kind"',
    'DETAIL:  Failing row contains (1, hunter2).',
    'CONTEXT:  COPY a, line 1: "1\thunter2"',
    'second line of hunter2',
    'pg_dump: detail: Command was: COPY hunter2',
    'pg_dump: detail: Error message from server: ERROR:  permission denied for table a',
  ].join('\n')
  expect(errorsIn(said)).toBe(
    [
      'pg_restore: error: COPY failed for table "a": ERROR:  new row for relation "a" violates check constraint "kind"',
      'pg_dump: detail: Error message from server: ERROR:  permission denied for table a',
    ].join('\n'),
  )
})
