import { Trans, useLingui } from '@lingui/react/macro'
import { useState } from 'react'
import { Field } from '#shared/components/field'
import { atNoon, clockText, type Day, instantOf, minuteOf, wallTime } from '#shared/format/dates'
import { useFormat, useSession } from '#shared/session'

interface Props {
  day: Day
  /** The time that was pressed in the calendar, if any. */
  initial: string | null
  value: string | null
  choose: (startsAt: string | null) => void
}

/** Accepts any time of the day, also outside the opening hours. */
export function ExactTime({ day, initial, value, choose }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const zone = useSession().business.time_zone
  const [text, setText] = useState(() => (initial ? clockText(wallTime(initial, zone).minute) : ''))
  const minute = minuteOf(text)
  const instant = minute === undefined ? undefined : instantOf(day, minute, zone)
  const error =
    text.trim() && minute === undefined
      ? t`שעה נכתבת כך: 9:30`
      : minute !== undefined && instant === undefined
        ? t`בלילה הזה מזיזים את השעון, והשעה הזאת לא קיימת`
        : undefined
  return (
    <details className="exact">
      <summary>
        <Trans>שעה אחרת ב{format.longDate(atNoon(day))}</Trans>
      </summary>
      <div className="row">
        <Field
          label={<Trans>שעה</Trans>}
          value={text}
          dir="ltr"
          inputMode="numeric"
          placeholder="9:30"
          error={error}
          onChange={event => {
            setText(event.target.value)
            choose(null)
          }}
        />
        <button
          className="btn"
          type="button"
          disabled={instant === undefined}
          aria-pressed={value !== null && value === instant}
          onClick={() => choose(instant ?? null)}
        >
          <Trans>לבחור בשעה הזאת</Trans>
        </button>
      </div>
      <p className="small muted">
        <Trans>גם מחוץ לשעות הפתיחה. שני תורים אצל אותו אדם באותה שעה לא נקבעים בשום מקרה.</Trans>
      </p>
    </details>
  )
}
