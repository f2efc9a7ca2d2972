import { expect, test } from 'vitest'
import type { Schemas } from '#shared/api/client'
import { agendaOf, awayWithin, closedWithin, gapsByDay, lanesOf, shownHours, slotsByDay, whyAway } from './layout'

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

test('appointments of a resource that overlap stand side by side', () => {
  const days = slotsByDay(
    [
      // The clock shows 1:30 twice in the night of the 25th of October.
      appointment(1, '2026-10-24T22:30:00Z', '2026-10-24T23:00:00Z'),
      appointment(2, '2026-10-24T23:30:00Z', '2026-10-25T00:00:00Z'),
      appointment(3, '2026-10-25T01:00:00Z', '2026-10-25T02:00:00Z'),
      appointment(4, '2026-10-24T22:30:00Z', '2026-10-24T23:00:00Z', 2),
    ],
    ZONE,
  )
  const places = (resource: number) =>
    days
      .get('2026-10-25')
      ?.get(resource)
      ?.map(({ appointment, from, place, places }) => [appointment.id, from, place, places])
  expect(places(1)).toEqual([
    [1, 90, 0, 2],
    [2, 90, 1, 2],
    [3, 180, 0, 1],
  ])
  expect(places(2)).toEqual([[4, 90, 0, 1]])
})

test('the hours shown hold everything', () => {
  const slots = slotsByDay([appointment(1, '2026-11-22T04:10:00Z', '2026-11-22T05:00:00Z')], ZONE)
  expect(shownHours([day(['09:00', '17:30'])], slots)).toEqual([6 * 60, 18 * 60])
  expect(shownHours([day()], new Map())).toEqual([9 * 60, 18 * 60])
})

test('each time that is not open is closed', () => {
  expect(closedWithin(day(['09:00', '13:00'], ['16:00', '19:00']), 480, 1200)).toEqual([
    [480, 540],
    [780, 960],
    [1140, 1200],
  ])
  expect(closedWithin(day(), 480, 600)).toEqual([[480, 600]])
})

test('a resource is away where the business is open without it', () => {
  const hours = (...open: [string, string][]) => open.map(([from, to]) => ({ from, to }))
  const shop = {
    ...day(['09:00', '13:00'], ['16:00', '19:00']),
    resources: [
      { resource_id: 1, open: hours(['09:00', '13:00'], ['16:00', '19:00']) },
      { resource_id: 2, open: hours(['10:00', '13:00'], ['16:00', '17:30']), closures: ['רופא'] },
      { resource_id: 3, open: [], closures: ['חופש', ''] },
    ],
  } as unknown as Schemas['CalendarDay']
  expect(awayWithin(shop, 1)).toEqual([])
  expect(awayWithin(shop, 2)).toEqual([
    [540, 600],
    [1050, 1140],
  ])
  expect(awayWithin(shop, 3)).toEqual([
    [540, 780],
    [960, 1140],
  ])
  // A closure is named as the reason only if the resource is away for the whole day.
  expect([1, 2, 3].map(id => whyAway(shop, id))).toEqual(['', '', 'חופש'])
})

test('gaps stand on their day, and end with it', () => {
  const gap = (resource_id: number, starts_at: string, ends_at: string) => ({ resource_id, starts_at, ends_at })
  const days = gapsByDay(
    [
      gap(1, '2026-11-22T07:00:00Z', '2026-11-22T08:00:00Z'),
      gap(2, '2026-11-22T20:00:00Z', '2026-11-22T22:00:00Z'),
      gap(2, '2026-11-22T22:00:00Z', '2026-11-22T23:00:00Z'),
    ],
    ZONE,
  )
  expect(days.get('2026-11-22')).toEqual([
    { resource: 1, from: 540, to: 600 },
    { resource: 2, from: 1320, to: 1440 },
  ])
  expect(days.get('2026-11-23')).toEqual([{ resource: 2, from: 0, to: 60 }])
})

test('removed staff with appointments have a lane behind the others', () => {
  const at = ['2026-11-22T08:00:00Z', '2026-11-22T09:00:00Z'] as const
  const lanes = lanesOf(
    [{ id: 2, name: 'Gal' }],
    [appointment(1, ...at, 2), appointment(2, ...at, 3, 'cancelled'), appointment(3, ...at, 4)],
  )
  expect(lanes.map(({ id, isActive }) => [id, isActive])).toEqual([
    [2, true],
    [4, false],
  ])
})
