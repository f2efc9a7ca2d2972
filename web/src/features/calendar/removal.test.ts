import { expect, test } from 'vitest'
import type { Appointment, WaitingEntry } from './data'
import { usesOf } from './removal'

const appointments = [
  { service_id: 1, resource_id: 5 },
  { service_id: 1, resource_id: 6 },
  { service_id: 2, resource_id: 5 },
] as Appointment[]
const waiting = [
  { service_id: 1, resource_id: null },
  { service_id: 2, resource_id: 6 },
] as WaitingEntry[]

test('the appointments and the waiting contacts of a service or a resource are counted', () => {
  expect(usesOf({ service_id: 1 }, appointments, waiting)).toEqual({ appointments: 2, waiting: 1 })
  expect(usesOf({ resource_id: 6 }, appointments, waiting)).toEqual({ appointments: 1, waiting: 1 })
  expect(usesOf({ resource_id: 7 }, appointments, waiting)).toEqual({ appointments: 0, waiting: 0 })
})
