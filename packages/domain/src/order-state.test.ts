import { describe, expect, it } from 'vitest'
import { isTerminal, liveStatuses, nextStatus, orderStatuses, orderTable, terminalStatuses } from './order-state.ts'

describe('the table of order states', () => {
  it('leads only to states that are in it', () => {
    for (const moves of Object.values(orderTable)) {
      for (const to of Object.values(moves)) expect(orderStatuses).toContain(to)
    }
  })

  it('divides the states into live and terminal ones', () => {
    expect([...liveStatuses, ...terminalStatuses].toSorted()).toEqual(orderStatuses.toSorted())
    expect(liveStatuses).toEqual(['PENDING_APPROVAL', 'QUEUED', 'CLAIMED', 'RUNNING', 'STALE'])
  })

  for (const status of orderStatuses) {
    it(`lets an order that is ${status} ${isTerminal(status) ? 'rest' : 'end'}`, () => {
      const moves = Object.keys(orderTable[status])
      if (status === 'NEEDS_ATTENTION') expect(Object.values(orderTable[status]).every(isTerminal)).toBe(true)
      else if (isTerminal(status)) expect(moves.filter((trigger) => trigger !== 'retry')).toEqual([])
      else expect(reachable(status).some(isTerminal)).toBe(true)
    })
  }

  it('reaches every state from a placed order', () => {
    const placed = [...reachable('PENDING_APPROVAL'), ...reachable('QUEUED'), 'PENDING_APPROVAL']
    expect([...new Set(placed)].toSorted()).toEqual(orderStatuses.toSorted())
  })

  it('has no move for a trigger that a state does not name', () => {
    expect(nextStatus('QUEUED', 'claim')).toBe('CLAIMED')
    expect(nextStatus('QUEUED', 'succeed')).toBeNull()
    expect(nextStatus('SUCCEEDED', 'retry')).toBeNull()
  })
})

type Status = (typeof orderStatuses)[number]

function reachable(from: Status, seen = new Set<Status>()): Status[] {
  for (const to of Object.values(orderTable[from])) {
    if (seen.has(to)) continue
    seen.add(to)
    reachable(to, seen)
  }
  return [...seen]
}
