import type { Schemas } from './api/client'

/** The agent booked it, and no user has opened it. */
export const isUnseen = ({ source, seen_at, state }: Schemas['Appointment']): boolean =>
  source === 'agent' && !seen_at && state === 'booked'
