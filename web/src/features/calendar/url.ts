import { useMemo } from 'react'
import { type Day, isDay } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { idOf, type UrlChange, useUrl } from '#shared/url'

export type View = 'day' | 'week'

/** What the calendar shows; it is in the address, so that a link and the browser's back button lead there. */
export interface Shown {
  view: View
  day: Day
  today: Day
  /** One resource, or all of them. */
  resource: number | null
  /** The appointment whose card is open. */
  open: number | null
  /** The form for a new appointment: the contact, the time and the resource that are known already. */
  isNew: boolean
  contact: number | null
  at: string | null
  /** The entry of the waiting list for which it is. */
  waiter: number | null
  /** Whether the waiting list is shown. */
  isWaitingOpen: boolean
}

/** Reads the address, and changes it. `null` removes a part. */
export function useShown(): [Shown, (change: UrlChange, replace?: boolean) => void] {
  const [params, change] = useUrl(false)
  const today = useFormat().day(new Date())
  const shown = useMemo<Shown>(() => {
    const date = params.get('date') ?? ''
    return {
      view: params.get('view') === 'day' ? 'day' : 'week',
      day: isDay(date) ? date : today,
      today,
      resource: idOf(params.get('resource')),
      open: idOf(params.get('appointment')),
      isNew: params.get('new') !== null,
      contact: idOf(params.get('contact')),
      at: params.get('at'),
      waiter: idOf(params.get('waiter')),
      isWaitingOpen: params.get('waiting') !== null,
    }
  }, [params, today])
  return [shown, change]
}
