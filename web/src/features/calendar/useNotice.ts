import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useFetchAgain } from '#shared/api/aging'
import type { Schemas } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import { recallOwn, rememberOwn } from '#shared/storage'

/** A change of an appointment; null while its contact, service or time is not chosen. */
export interface NoticeOf {
  event: 'booked' | 'moved' | 'cancelled'
  contact_id: number
  service_id: number
  starts_at: string
}

export interface Notice {
  /** The message as it would be sent, and whether it can be; undefined until it is known. */
  preview: Schemas['AppointmentNotice'] | undefined
  isChosen: boolean
  choose: (isChosen: boolean) => void
  /** Whether the change is to be made with the message. */
  notify: boolean
}

const CHOICE = 'notify'

/** The choice of a WhatsApp message to the contact. The last choice is the initial one of the next form. */
export function useNotice(of: NoticeOf | null): Notice {
  const [isChosen, setChosen] = useState(() => recallOwn(CHOICE) === '1')
  const query = of ?? { event: 'booked' as const, contact_id: 0, service_id: 0, starts_at: '' }
  const { data, isPlaceholderData, refetch } = useQuery({
    ...apiQuery('/api/appointment-notice', { query }),
    enabled: of !== null,
    placeholderData: keepPreviousData,
  })
  const until = data?.route.window_until
  useFetchAgain(until ? [until] : undefined, refetch)
  const preview = of === null ? undefined : data
  return {
    preview,
    isChosen,
    choose: chosen => {
      setChosen(chosen)
      rememberOwn(CHOICE, chosen ? '1' : null)
    },
    notify: isChosen && preview !== undefined && (isPlaceholderData || preview.refusal == null),
  }
}
