import { expect, test } from 'vitest'
import { filterOf } from './audit-filter'

test('the filters of a link are read, and what is no filter is ignored', () => {
  const read = (query: string) => filterOf(new URLSearchParams(query))
  expect(read('actor=user:3&subject=note&contact=5&from=2026-11-01&to=2026-11-02')).toEqual({
    actor: 'user:3',
    subject: 'note',
    contact_id: 5,
    from: '2026-11-01',
    to: '2026-11-02',
  })
  expect(read('')).toEqual({})
  expect(read('actor=Dana%20L&subject=bogus&contact=x&from=1.11&to=')).toEqual({})
})
