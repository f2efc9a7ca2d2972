import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import { patchItems } from './api/action'
import { ApiError, errorOf } from './api/errors'
import { applyChanges, type Change, concerns } from './events/changes'
import { withoutSent } from './typed'
import { isInside } from './url'
import { barsOfPeaks, lanePath, speechBars } from './waveform'

test('an error is what the daemon says, whatever else the body is', () => {
  const known = errorOf(
    412,
    { ok: false, error: { code: 'changed', message: 'm', field: 'text' }, current: { id: 1 } },
    '"2"',
  )
  expect([known.code, known.field, known.current, known.etag]).toEqual(['changed', 'text', { id: 1 }, '"2"'])
  for (const body of [null, 'x', [], {}, { error: null }, { error: 'x' }]) {
    expect(errorOf(500, body)).toBeInstanceOf(ApiError)
    expect(errorOf(500, body).code).toBe('internal')
    expect(errorOf(418, body).code).toBe('http_418')
  }
})

test('an error is transient if the same request may succeed later', () => {
  const transient = [0, 400, 409, 422, 429, 500, 501, 502, 503, 504].filter(status => errorOf(status, {}).isTransient)
  expect(transient).toEqual([0, 429, 500, 502, 503, 504])
})

test('a change concerns a path and those below it', () => {
  expect(concerns('/api/threads/{id}', new Set(['/api/threads']))).toBe(true)
  expect(concerns('/api/threadsafe', new Set(['/api/threads']))).toBe(false)
})

test('a change makes exactly what it concerns out of date', () => {
  const cache = new QueryClient()
  const keys = [
    ['/api/threads', {}],
    ['/api/threads/{id}/messages', { path: { id: 7 } }],
    ['/api/threads/{id}/messages', { path: { id: 8 } }],
    ['/api/calls', {}],
    ['/api/alerts', {}],
  ]
  for (const key of keys) cache.setQueryData(key, {})
  const change: Change = { seq: 1, at: '', kind: 'message_created', thread_id: 7, ref_id: 99 }
  applyChanges(cache, [change, { ...change, kind: 'a_kind_of_the_future' }])
  const stale = keys.filter(key => cache.getQueryState(key)?.isInvalidated)
  expect(stale).toEqual([keys[0], keys[1]])
})

test('after a login only paths of the shell are opened', () => {
  const inside = ['/app/inbox/7', '/app/inbox/7?filter=waiting', '/calendar', '/calendar?date=2026-11-22']
  const outside = [
    '',
    '/app',
    '/login',
    '/calendar.evil',
    '/calendar@evil',
    '//evil/app/',
    'https://evil/app/',
    '/\\evil',
  ]
  expect(inside.filter(isInside)).toEqual(inside)
  expect(outside.filter(isInside)).toEqual([])
})

test('a list is patched as one page and as pages, and other data is left alone', () => {
  const { update } = patchItems<{ id: number }>(['/api/tasks'], items => items.filter(({ id }) => id !== 2))
  const change = update as unknown as (data: unknown) => unknown
  const items = [{ id: 1 }, { id: 2 }]
  expect(change({ items, next_cursor: 'x' })).toEqual({ items: [{ id: 1 }], next_cursor: 'x' })
  expect(change({ pages: [{ items }, { items: [{ id: 2 }] }], pageParams: [null, 'x'] })).toEqual({
    pages: [{ items: [{ id: 1 }] }, { items: [] }],
    pageParams: [null, 'x'],
  })
  expect(change({ open: 3 })).toEqual({ open: 3 })
})

test('peaks become as many bars as fit, and keep the loudest', () => {
  const peaks = Array.from({ length: 1000 }, (_, at) => (at === 501 ? 255 : 10))
  for (const count of [1, 7, 110, 1000, 1500]) {
    const bars = barsOfPeaks(peaks, count)
    expect(bars).toHaveLength(count)
    expect(Math.max(...bars)).toBe(1)
  }
  expect(barsOfPeaks([], 3)).toEqual([0, 0, 0])
  expect(lanePath([0, 1], 20, -1)).toBe('M6 18V1.0')
  expect(speechBars(19, 40, [[0, 1, 'them']])).toEqual(speechBars(19, 40, [[0, 1, 'them']]))
})

test('only the text that was sent leaves the field', () => {
  expect(withoutSent('shalom', 'shalom')).toBe('')
  expect(withoutSent(' shalom and more', 'shalom')).toBe('and more')
  expect(withoutSent('another text ', 'shalom')).toBe('another text ')
})
