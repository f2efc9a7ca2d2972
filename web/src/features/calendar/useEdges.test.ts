import { expect, test } from 'vitest'
import { edgesOf } from './useEdges'

test('the hidden sides are found in both directions', () => {
  const at = (scrollLeft: number) => edgesOf({ scrollLeft, scrollWidth: 1600, clientWidth: 1300 })
  expect(at(0)).toEqual({ before: false, after: true })
  expect(at(-120)).toEqual({ before: true, after: true })
  expect(at(120)).toEqual({ before: true, after: true })
  expect(at(-299.6)).toEqual({ before: true, after: false })
  expect(edgesOf({ scrollLeft: 0, scrollWidth: 1300, clientWidth: 1300 })).toEqual({ before: false, after: false })
})
