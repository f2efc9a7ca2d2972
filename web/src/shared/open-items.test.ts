import { describe, expect, it } from 'vitest'
import { withOpen } from './open-items'

const list = (...ids: number[]) => ids.map(id => ({ id }))
const idsOf = (rows: readonly { id: number }[]) => rows.map(({ id }) => id)
const isOpen = ({ id }: { id: number }) => id === 2

describe('the rows of a list with an open form', () => {
  it('the item whose form is open stays at its place after it was deleted', () => {
    expect(idsOf(withOpen(list(1, 3), list(1, 2, 3), isOpen))).toEqual([1, 2, 3])
    expect(idsOf(withOpen(list(), list(1, 2), isOpen))).toEqual([2])
  })

  it('an item without an open form leaves the list when it is deleted', () => {
    expect(idsOf(withOpen(list(1, 3), list(1, 2, 3), () => false))).toEqual([1, 3])
  })

  it('an item that is still in the list appears once, in its newest version', () => {
    const newest = [{ id: 2, text: 'new' }]
    expect(withOpen(newest, [{ id: 2, text: 'old' }], isOpen)).toEqual(newest)
  })
})
