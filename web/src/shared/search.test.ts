import { expect, test } from 'vitest'
import { matchOf, newContactHref, snippetOf } from './search'

test('a snippet begins shortly before what was found, and the places move with it', () => {
  const text = 'שלום, רציתי לשאול אם יש לכם ביום שישי בבוקר\nלחמניות טריות, ואם לחמניות עם שומשום'
  const places = [...text.matchAll(/לחמניות/g)].map(({ index }) => [index, index + 7])
  const { text: line, spans } = snippetOf({ text, highlights: places })
  expect(line.startsWith('…')).toBe(true)
  expect(spans.map(([from, to]) => line.slice(from, to))).toEqual(['לחמניות', 'לחמניות'])
  expect(spans[0]?.[0]).toBeLessThan(27)
  expect(line).not.toContain('\n')
  expect(snippetOf({ text: 'יש לחמניות', highlights: [[3, 10]] })).toEqual({ text: 'יש לחמניות', spans: [[3, 10]] })
  expect(snippetOf({ text: 'x'.repeat(50), highlights: [[40, 42]] }).spans).toEqual([[40, 42]])
})

test('a query matches without regard to case', () => {
  expect(matchOf('Tom Becker', ' beck')).toEqual([4, 8])
  expect(matchOf('דנה', 'x')).toBeUndefined()
  expect(matchOf('דנה', ' ')).toBeUndefined()
})

test('a contact that was not found is made with its name or its number', () => {
  expect(newContactHref('054-111')).toBe('/app/contacts?new=1&number=054-111')
  expect(newContactHref('Tom & Co ')).toBe('/app/contacts?new=1&name=Tom%20%26%20Co')
})
