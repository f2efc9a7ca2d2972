import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'wouter'
import { type Day, isDay } from '#shared/format/dates'
import { useFormat } from '#shared/session'

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
}

const numberOf = (text: string | null): number | null => (text && /^\d+$/.test(text) ? Number(text) : null)

/** Reads the address, and changes it. `null` removes a part. */
export function useShown(): [Shown, (change: Record<string, string | number | null>, replace?: boolean) => void] {
  const [params, setParams] = useSearchParams()
  const today = useFormat().day(new Date())
  const shown = useMemo<Shown>(() => {
    const date = params.get('date') ?? ''
    return {
      view: params.get('view') === 'day' ? 'day' : 'week',
      day: isDay(date) ? date : today,
      today,
      resource: numberOf(params.get('resource')),
      open: numberOf(params.get('appointment')),
      isNew: params.get('new') !== null,
      contact: numberOf(params.get('contact')),
      at: params.get('at'),
    }
  }, [params, today])
  const change = useCallback(
    (change: Record<string, string | number | null>, replace = false) =>
      setParams(
        before => {
          const next = new URLSearchParams(before)
          for (const [name, value] of Object.entries(change)) {
            if (value === null) next.delete(name)
            else next.set(name, String(value))
          }
          return next
        },
        { replace },
      ),
    [setParams],
  )
  return [shown, change]
}
