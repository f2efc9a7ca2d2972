import { useState } from 'react'
import type { Day } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import type { FreeSlot } from './SlotPicker'

/** The time that a form chooses for an appointment. */
export interface ChosenTime {
  /** The first of the days whose free times are shown. */
  first: Day
  /** The day of an exact time: that of the last chosen time, or else the first one that is shown. */
  day: Day
  slot: FreeSlot | null
  exact: string | null
  startsAt: string | null
  show: (first: Day) => void
  chooseSlot: (slot: FreeSlot | null) => void
  chooseExact: (startsAt: string | null) => void
  reset: () => void
}

type Begin = Pick<ChosenTime, 'first'> & Partial<Pick<ChosenTime, 'day' | 'slot'>>

/** Either a free time or an exact one is chosen. */
export function useChosenTime(begin: Begin): ChosenTime {
  const format = useFormat()
  const [first, setFirst] = useState(begin.first)
  const [day, setDay] = useState(begin.day ?? begin.first)
  const [slot, setSlot] = useState(begin.slot ?? null)
  const [exact, setExact] = useState<string | null>(null)
  return {
    first,
    day,
    slot,
    exact,
    startsAt: exact ?? slot?.starts_at ?? null,
    show: from => {
      setFirst(from)
      setDay(from)
      // The exact time was on the day that was shown beside it.
      setExact(null)
    },
    chooseSlot: chosen => {
      setSlot(chosen)
      if (chosen) setDay(format.day(chosen.starts_at))
      setExact(null)
    },
    chooseExact: chosen => {
      setExact(chosen)
      setSlot(null)
    },
    reset: () => {
      setSlot(null)
      setExact(null)
    },
  }
}
