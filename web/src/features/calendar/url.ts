import { useMemo } from 'react'
import { useToday } from '#shared/format/clock'
import { type Day, isDay } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { idOf, type UrlChange, useUrl } from '#shared/url'

export type View = 'day' | 'week'

/** Stored in the URL, so that links and the browser's back button restore it. */
export interface Shown {
  view: View
  day: Day
  today: Day
  /** The id of the shown resource; null for all. */
  resource: number | null
  /** The id of the appointment whose card is open. */
  open: number | null
  /** Whether the form for a new appointment is open, and its initial values (null if not given): contact and time. */
  isNew: boolean
  contact: number | null
  at: string | null
  /** The entry of the waiting list that the new appointment is for. */
  waiter: number | null
  /** Whether the waiting list is shown. */
  isWaitingOpen: boolean
}

const instantIn = (text: string | null): string | null => (text && !Number.isNaN(Date.parse(text)) ? text : null)

/** `null` removes a query parameter. */
export function useShown(): [Shown, (change: UrlChange, replace?: boolean) => void] {
  const [params, change] = useUrl(false)
  const today = useToday(useFormat())
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
      at: instantIn(params.get('at')),
      waiter: idOf(params.get('waiter')),
      isWaitingOpen: params.get('waiting') !== null,
    }
  }, [params, today])
  return [shown, change]
}
