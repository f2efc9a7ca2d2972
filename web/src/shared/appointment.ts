import type { Schemas } from './api/client'

/** The agent booked the appointment, it was not cancelled, and no user has opened it yet. */
export const isUnseen = ({ source, seen_at, state }: Schemas['Appointment']): boolean =>
  source === 'agent' && !seen_at && state === 'booked'
