import type { Schemas } from '#shared/api/client'

type Length = Pick<Schemas['Service'], 'duration_min' | 'buffer_before_min' | 'buffer_after_min'>

/** The intervals between two offered times, in minutes. Shorter ones would give too many buttons. */
const STEPS = [30, 20, 15]

/**
 * Returns the interval between the offered times of a service, in minutes. If possible, the time that one appointment
 * takes is a multiple of it, so that appointments can follow each other without a gap; any other time can be typed.
 */
export function slotStep(service: Length | undefined): number {
  const shortest = STEPS.at(-1) ?? 15
  if (!service) return shortest
  const length = service.duration_min + service.buffer_before_min + service.buffer_after_min
  return STEPS.find(step => length % step === 0) ?? shortest
}
