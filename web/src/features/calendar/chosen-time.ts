import { useState } from 'react'
import type { Day } from '#shared/format/dates'
import { useFormat } from '#shared/session'

export interface ChosenSlot {
  starts_at: string
  /** Null for any resource that is free at this time. */
  resource_id: number | null
}

/** The time that a form chooses for an appointment. */
export interface ChosenTime {
  /** The first of the days whose free times are shown. */
  first: Day
  /** The day of an exact time: that of the last chosen time, or else the first one that is shown. */
  day: Day
  slot: ChosenSlot | null
  exact: string | null
  startsAt: string | null
  show: (first: Day) => void
  chooseSlot: (slot: ChosenSlot | null) => void
  chooseExact: (startsAt: string | null) => void
  /** Chooses the start of a free time, and shows the days from its day on. */
  take: (startsAt: string) => void
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
    take: startsAt => {
      setSlot({ starts_at: startsAt, resource_id: null })
      setFirst(format.day(startsAt))
      setDay(format.day(startsAt))
      setExact(null)
    },
    reset: () => {
      setSlot(null)
      setExact(null)
    },
  }
}
