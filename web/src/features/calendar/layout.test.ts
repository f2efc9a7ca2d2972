import { expect, test } from 'vitest'
import type { Schemas } from '#shared/api/client'
import { agendaOf, closedWithin, gapsOf, shownHours, slotsByDay } from './layout'

const ZONE = 'Asia/Jerusalem'

const appointment = (id: number, from: string, to: string, resource = 1, state = 'booked') =>
  ({ id, starts_at: from, ends_at: to, resource_id: resource, state }) as Schemas['Appointment']

const day = (...open: [string, string][]) =>
  ({ date: '2026-11-22', open: open.map(([from, to]) => ({ from, to })) }) as Schemas['CalendarDay']

test('appointments stand on the day and in the lane where they belong', () => {
  const days = slotsByDay(
    [
      appointment(1, '2026-11-22T08:00:00Z', '2026-11-22T09:00:00Z'),
      appointment(2, '2026-11-22T07:00:00Z', '2026-11-22T07:30:00Z', 2),
      appointment(3, '2026-11-22T22:30:00Z', '2026-11-22T23:00:00Z'),
      appointment(4, '2026-11-22T08:00:00Z', '2026-11-22T09:00:00Z', 1, 'cancelled'),
    ],
    ZONE,
  )
  expect(agendaOf(days.get('2026-11-22')).map(slot => [slot.appointment.id, slot.from, slot.to])).toEqual([
    [2, 540, 570],
    [1, 600, 660],
  ])
  expect(days.get('2026-11-23')?.get(1)?.[0]?.from).toBe(30)
})

test('the hours shown hold everything', () => {
  const slots = slotsByDay([appointment(1, '2026-11-22T04:10:00Z', '2026-11-22T05:00:00Z')], ZONE)
  expect(shownHours([day(['09:00', '17:30'])], slots)).toEqual([6 * 60, 18 * 60])
  expect(shownHours([day()], new Map())).toEqual([9 * 60, 18 * 60])
})

test('what is not open is closed', () => {
  expect(closedWithin(day(['09:00', '13:00'], ['16:00', '19:00']), 480, 1200)).toEqual([
    [480, 540],
    [780, 960],
    [1140, 1200],
  ])
  expect(closedWithin(day(), 480, 600)).toEqual([[480, 600]])
})

test('gaps lie between appointments', () => {
  const lane = slotsByDay(
    [
      appointment(1, '2026-11-22T08:00:00Z', '2026-11-22T09:00:00Z'),
      appointment(2, '2026-11-22T09:10:00Z', '2026-11-22T10:00:00Z'),
    ],
    ZONE,
  )
    .get('2026-11-22')
    ?.get(1)
  expect(gapsOf(day(['09:00', '13:00']), lane ?? [], 30)).toEqual([
    { from: 540, to: 600 },
    { from: 720, to: 780 },
  ])
  expect(gapsOf(day(['09:00', '13:00']), lane ?? [], 30, 730)).toEqual([{ from: 730, to: 780 }])
})
