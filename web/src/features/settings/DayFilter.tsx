import { useLingui } from '@lingui/react/macro'
import { type ReactNode, useId, useState } from 'react'
import { serverNow } from '#shared/format/clock'
import { atNoon, type Day } from '#shared/format/dates'
import { parseDate } from '#shared/format/parse-date'
import { useFormat } from '#shared/session'

interface Props {
  label: ReactNode
  /** Empty without a filter. */
  day: Day | ''
  /** Called when the field loses the focus, or with Enter. */
  choose: (day: Day | '') => void
}

/** A date as text: the browser's own date field uses the browser's language. */
export function DayFilter({ label, day, choose }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const id = useId()
  const written = day && format.shortDate(atNoon(day))
  const [text, setText] = useState(written)
  const [isWrong, setWrong] = useState(false)
  const [shown, setShown] = useState(day)
  if (shown !== day) {
    setShown(day)
    setText(written)
    setWrong(false)
  }
  const commit = () => {
    // The same date is not parsed again: a written date may have another order in another language.
    if (text.trim() === written) return
    const parsed = text.trim() ? parseDate(text, format.day(serverNow()), 'past') : ''
    setWrong(parsed === undefined)
    if (parsed === undefined) return
    setText(parsed && format.shortDate(atNoon(parsed)))
    if (parsed !== day) choose(parsed)
  }
  return (
    <div className="on-day">
      <label className="lb" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className={isWrong ? 'field bad' : 'field'}
        dir="ltr"
        autoComplete="off"
        placeholder={t`למשל 24.12`}
        aria-invalid={isWrong || undefined}
        aria-describedby={isWrong ? `${id}e` : undefined}
        value={text}
        onChange={event => {
          setText(event.target.value)
          setWrong(false)
        }}
        onBlur={commit}
        onKeyDown={event => event.key === 'Enter' && commit()}
      />
      {isWrong && (
        <p id={`${id}e`} className="err small" role="alert">
          {t`למשל 24.12 או 24.12.2026`}
        </p>
      )}
    </div>
  )
}
