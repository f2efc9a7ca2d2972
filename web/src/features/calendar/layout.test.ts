import { expect, test } from 'vitest'
import type { Schemas } from '#shared/api/client'
import {
  agendaOf,
  awayWithin,
  closedWithin,
  gapsByDay,
  lanesOf,
  shownHours,
  slotsByDay,
  whyAway,
  whyClosed,
} from './layout'

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

test('an appointment across midnight is on both of its days', () => {
  const days = slotsByDay(
    [
      appointment(1, '2027-03-24T18:00:00Z', '2027-03-25T04:00:00Z'),
      appointment(2, '2027-03-25T20:00:00Z', '2027-03-25T22:00:00Z'),
    ],
    ZONE,
  )
  const parts = (day: string) =>
    days
      .get(day)
      ?.get(1)
      ?.map(({ appointment, from, to, minutes, isContinued }) => [appointment.id, from, to, minutes, isContinued])
  expect(parts('2027-03-24')).toEqual([[1, 1200, 1440, 240, false]])
  expect(parts('2027-03-25')).toEqual([
    [1, 0, 360, 360, true],
    [2, 1320, 1440, 120, false],
  ])
  expect(parts('2027-03-26')).toBeUndefined()
  expect(shownHours([{ ...day(), date: '2027-03-25' }], days)).toEqual([0, 1440])
})

test('an appointment lasts as long as its instants say when the clock changes', () => {
  const on = (day: string, from: string, to: string) =>
    agendaOf(slotsByDay([appointment(1, from, to)], ZONE).get(day)).map(({ from, to, minutes }) => [from, to, minutes])
  // In the grid, the first one is drawn over the hour that is skipped, and the second as high as it lasts.
  expect(on('2027-03-26', '2027-03-25T23:30:00Z', '2027-03-26T00:30:00Z')).toEqual([[90, 210, 60]])
  expect(on('2027-10-31', '2027-10-30T22:30:00Z', '2027-10-30T23:30:00Z')).toEqual([[90, 150, 60]])
})

test('boxes of a lane that are drawn over the same minutes stand side by side', () => {
  const at = (minute: number) => new Date(Date.parse('2026-11-22T06:00:00Z') + minute * 60_000).toISOString()
  let seed = 1
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  const tables: [number, number][][] = [Array.from({ length: 6 }, (_, index) => [index * 5, 5])]
  for (let table = 0; table < 40; table++) {
    tables.push(Array.from({ length: 12 }, () => [random(40) * 5, 5 + random(18) * 5]))
  }
  for (const table of tables) {
    const days = slotsByDay(
      table.map(([from, minutes], id) => appointment(id, at(from), at(from + minutes))),
      ZONE,
    )
    const lane = days.get('2026-11-22')?.get(1) ?? []
    expect(lane).toHaveLength(table.length)
    for (const one of lane) {
      expect(one.to - one.from).toBeGreaterThanOrEqual(20)
      for (const other of lane) {
        if (one === other || one.to <= other.from || other.to <= one.from) continue
        expect(one.place).not.toBe(other.place)
        expect(one.places).toBe(other.places)
      }
    }
  }
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

test('a closure explains the hours that it closes', () => {
  const closure = (from: string | null, to: string | null, reason: string, more = {}) => ({
    ...{ from_date: '2026-11-22', to_date: '2026-11-22', from, to, reason, resource_id: null },
    ...more,
  })
  const closures = [
    closure('12:00', '15:00', 'Staff meeting'),
    closure('17:00', null, 'Inventory', { to_date: '2026-11-23' }),
    closure('12:00', '15:00', 'Leave', { resource_id: 1 }),
  ]
  const why = (date: string, from: number, to: number) => whyClosed(closures, date, from, to)
  expect(why('2026-11-22', 720, 900)).toBe('Staff meeting')
  expect(why('2026-11-22', 900, 960)).toBe('')
  expect(why('2026-11-22', 1020, 1440)).toBe('Inventory')
  expect(why('2026-11-23', 540, 600)).toBe('Inventory')
  expect(why('2026-11-24', 720, 900)).toBe('')
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
  const start = (time: string) => Date.parse(`2026-11-22T${time}Z`)
  expect(days.get('2026-11-22')).toEqual([
    { resource: 1, start: start('07:00'), minutes: 60 },
    { resource: 2, start: start('20:00'), minutes: 120 },
  ])
  expect(days.get('2026-11-23')).toEqual([{ resource: 2, start: start('22:00'), minutes: 60 }])
  // The day on which the clock goes forward has 23 hours.
  const short = gapsByDay([gap(1, '2027-03-25T22:00:00Z', '2027-03-26T21:00:00Z')], ZONE)
  expect(short.get('2027-03-26')?.map(({ minutes }) => minutes)).toEqual([23 * 60])
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
