import { expect, test } from 'vitest'
import { Formatter } from '#shared/format/time'
import { groupOf, isLate, openToday, type Task } from './tasks'

const format = new Formatter('he', 'Asia/Jerusalem')
const now = new Date('2026-11-22T21:30:00Z')
const task = (due: Partial<Task>) => ({ done_at: null, due_at: null, due_date: null, ...due }) as Task

test('a task is late by the calendar of the business', () => {
  // In the business's time zone it is 23:30 on the 22nd.
  expect(isLate(task({ due_date: '2026-11-22' }), now, format)).toBe(false)
  expect(isLate(task({ due_date: '2026-11-21' }), now, format)).toBe(true)
  expect(isLate(task({ due_at: '2026-11-22T21:00:00Z' }), now, format)).toBe(true)
  expect(isLate(task({ due_at: '2026-11-22T21:00:00Z', done_at: '2026-11-22T20:00:00Z' }), now, format)).toBe(false)
})

test('tasks are grouped by when they are due', () => {
  const cases = [{}, { due_date: '2026-11-20' }, { due_date: '2026-11-22' }, { due_at: '2026-11-22T22:30:00Z' }]
  expect(cases.map(due => groupOf(task(due), now, format))).toEqual(['some_day', 'late', 'today', 'later'])
  expect(openToday(cases.map(task), now, format)).toHaveLength(3)
})
