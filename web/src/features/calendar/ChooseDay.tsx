import { Trans, useLingui } from '@lingui/react/macro'
import { useState } from 'react'
import { DayPicker } from '#shared/components/DayPicker'
import { Field } from '#shared/components/field'
import { atNoon, type Day } from '#shared/format/dates'
import { parseDate } from '#shared/format/parse-date'
import { useReturnFocus } from '#shared/opener'
import { useFormat } from '#shared/session'

interface Props {
  day: Day
  today: Day
  go: (day: Day) => void
}

/** Chooses a day by its date or in the view of a month. It is not a form, so that it can be part of one. */
export function ChooseDay({ day, today, go }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  useReturnFocus()
  const [typed, setTyped] = useState('')
  const read = typed.trim() ? parseDate(typed, today) : undefined
  return (
    <div className="form">
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
      <DayPicker size="lg" day={day} choose={go} />
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
