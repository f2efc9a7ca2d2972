import { useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import type { Schemas } from '#shared/api/client'
import { useCreation } from '#shared/api/creation'
import { toast } from '#shared/components/toasts'
import { isolate } from '#shared/format/bidi'
import { useFormat } from '#shared/session'
import { book, cancel, moveTo, refresh } from './appointments'
import type { Appointment } from './data'

type Request = Schemas['BookAppointmentRequest']

/**
 * Books the appointment of a form. After a lost response, a request for another time moves the appointment that was
 * booked.
 */
export function useBooking() {
  const { t } = useLingui()
  const format = useFormat()
  const cache = useQueryClient()
  const create = useCreation<Request, Appointment>()
  const moved = useRef<number>(undefined)
  const timeOf = ({ starts_at }: Appointment) => `${format.longDate(starts_at)}, ${format.time(starts_at)}`
  const report = (made: Appointment) =>
    toast.done(t`התור הקודם כן נקבע: ${isolate(made.contact_name)}, ${timeOf(made)}`, async () => {
      await cancel(made.id)
      refresh(cache)
    })
  const settle = async (made: Appointment, wanted: Request) => {
    if (made.state !== 'booked') return 'keep'
    if (made.contact_id !== wanted.contact_id) {
      report(made)
      return 'keep'
    }
    moved.current = made.id
    return moveTo(made.id, wanted).catch(reason => {
      report(made)
      throw reason
    })
  }
  return {
    book: (request: Request) => create(request, { send: book, settle }),
    /** Whether the appointment was booked by an earlier request, and moved. */
    isMoved: ({ id }: Appointment) => id === moved.current,
    timeOf,
  }
}
