import type { Schemas } from './api/client'
import { serverNow } from './format/clock'
import type { Formatter } from './format/time'

type Appointment = Schemas['Appointment']

/** The agent booked the appointment, it was not cancelled, and no user has opened it yet. */
export const isUnseen = ({ source, seen_at, state }: Appointment): boolean =>
  source === 'agent' && !seen_at && state === 'booked'

/** The appointment is booked, and has not begun. */
export const isAhead = ({ state, starts_at }: Appointment): boolean =>
  state === 'booked' && new Date(starts_at) > serverNow()

/** The address of the appointment's card. The calendar beside it shows its day. */
export const appointmentHref = ({ id, starts_at }: Pick<Appointment, 'id' | 'starts_at'>, format: Formatter): string =>
  `/calendar?date=${format.day(starts_at)}&appointment=${id}`
