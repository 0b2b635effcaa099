import { expect, test } from 'vitest'
import { alembicToDb } from './alembic.ts'

test.each([
  ['current', ['current']],
  ['current -v', ['current']],
  ['history --verbose', ['history']],
  ['upgrade head', ['upgrade']],
  ['upgrade +1', ['upgrade', '-n', '1']],
  ['upgrade 20261130101010803', ['upgrade', '--to', '20261130101010803']],
  ['downgrade -1', ['downgrade', '-n', '1']],
  ['downgrade -12', ['downgrade', '-n', '12']],
  ['downgrade base', ['downgrade', '--to', 'base']],
  ['downgrade first', ['downgrade', '--to', 'first']],
])('alembic %s', (line, db) => {
  expect(alembicToDb(line.split(' '))).toEqual(db)
})

test.each([
  ...['', 'heads', 'revision --autogenerate', 'upgrade', 'downgrade', 'upgrade head head', 'upgrade -1', 'upgrade +0'],
  ...['downgrade +1', 'downgrade -0', 'downgrade --to', 'current x', 'stamp head', 'upgrade --sql', 'downgrade -1x'],
])('alembic %s is not understood', (line) => {
  expect(alembicToDb(line.split(' ').filter(Boolean))).toBeNull()
})
