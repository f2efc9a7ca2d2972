import '@mantine/dates/styles.layer.css'
import 'dayjs/locale/he'
import { useLingui } from '@lingui/react/macro'
import { DatePicker, DatesProvider } from '@mantine/dates'
import type { KeyboardEvent } from 'react'
import type { Day } from '../format/dates'
import { useLocale } from '../i18n/locale'

interface Props {
  /** The chosen day. Its month is shown first. */
  day: Day
  choose: (day: Day) => void
  /** The first day that can be chosen. */
  min?: Day
  size?: 'sm' | 'lg'
}

const MIRRORED: Record<string, string> = { ArrowLeft: 'ArrowRight', ArrowRight: 'ArrowLeft' }

/**
 * Mantine's calendar moves to the next day with the right arrow, although the next day is on the left in right-to-left
 * pages.
 */
function mirrorArrows(event: KeyboardEvent<HTMLElement>) {
  const key = MIRRORED[event.key]
  const isOurs = !event.nativeEvent.isTrusted
  if (key === undefined || isOurs || getComputedStyle(event.currentTarget).direction !== 'rtl') return
  event.preventDefault()
  event.stopPropagation()
  event.target.dispatchEvent(new window.KeyboardEvent('keydown', { key, code: key, bubbles: true, cancelable: true }))
}

/** The days of a month, to choose one. */
export function DayPicker({ day, choose, min, size = 'sm' }: Props) {
  const { t } = useLingui()
  const locale = useLocale()
  return (
    <DatesProvider settings={{ locale, firstDayOfWeek: 0, weekendDays: [5, 6] }}>
      <div className="day-picker" onKeyDownCapture={mirrorArrows}>
        <DatePicker
          size={size}
          defaultDate={day}
          value={day}
          onChange={chosen => chosen && choose(chosen)}
          // In Hebrew, the shortest names lack the geresh of Friday.
          weekdayFormat={locale === 'he' ? 'ddd' : 'dd'}
          ariaLabels={{ previousMonth: t`החודש הקודם`, nextMonth: t`החודש הבא` }}
          {...(min && { minDate: min })}
        />
      </div>
    </DatesProvider>
  )
}
