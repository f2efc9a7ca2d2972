import '@mantine/dates/styles.layer.css'
import 'dayjs/locale/he'
import { Trans, useLingui } from '@lingui/react/macro'
import { DatePicker, DatesProvider } from '@mantine/dates'
import { type KeyboardEvent, useState } from 'react'
import { Field } from '#shared/components/field'
import { atNoon, type Day } from '#shared/format/dates'
import { parseDate } from '#shared/format/parse-date'
import { useLocale } from '#shared/i18n/locale'
import { useReturnFocus } from '#shared/opener'
import { useFormat } from '#shared/session'

interface Props {
  day: Day
  today: Day
  go: (day: Day) => void
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

/** Chooses a day by its date or in the view of a month. It is not a form, so that it can be part of one. */
export function ChooseDay({ day, today, go }: Props) {
  const { t } = useLingui()
  const locale = useLocale()
  const format = useFormat()
  useReturnFocus()
  const [typed, setTyped] = useState('')
  const read = typed.trim() ? parseDate(typed, today) : undefined
  return (
    <div className="form choose-day">
      <Field
        label={<Trans>תאריך</Trans>}
        value={typed}
        dir="ltr"
        autoComplete="off"
        autoFocus
        data-autofocus
        error={typed.trim() && !read ? t`למשל 24.12 או 24.12.2026` : undefined}
        help={read ? format.longDate(atNoon(read)) : t`למשל 24.12 או 24.12.2026`}
        onChange={event => setTyped(event.target.value)}
        onKeyDown={event => {
          if (event.key !== 'Enter') return
          // A form around it must not be sent.
          event.preventDefault()
          if (read) go(read)
        }}
      />
      <DatesProvider settings={{ locale, firstDayOfWeek: 0, weekendDays: [5, 6] }}>
        <div onKeyDownCapture={mirrorArrows}>
          <DatePicker
            size="lg"
            defaultDate={day}
            value={day}
            onChange={chosen => chosen && go(chosen)}
            ariaLabels={{ previousMonth: t`החודש הקודם`, nextMonth: t`החודש הבא` }}
          />
        </div>
      </DatesProvider>
      <div className="row">
        <button className="btn pen" type="button" disabled={!read} onClick={() => read && go(read)}>
          <Trans>מעבר</Trans>
        </button>
        <button className="btn" type="button" onClick={() => go(today)}>
          <Trans>היום</Trans>
        </button>
      </div>
    </div>
  )
}
