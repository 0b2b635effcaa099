import { closeRecycledSqlite } from '@ikoma/store/testing/recycled-sqlite'
import { afterAll } from 'vitest'

afterAll(closeRecycledSqlite)
