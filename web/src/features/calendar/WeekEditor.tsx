import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'
import type { Schemas } from '#shared/api/client'
import { Icon } from '#shared/components/Icon'
import { Ltr } from '#shared/components/text'
import { atNoon, weekOf } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { type DraftRange, nextRange, pastMidnight, problemOf, tidyTime } from './week'

export type HoursRange = Schemas['HoursRange']

interface Props {
  value: readonly DraftRange[]
  onChange: (value: DraftRange[]) => void
}

export function WeekEditor({ value, onChange }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const week = weekOf(format.day(new Date()))
  const dayName = (weekday: number) => format.weekdayName(atNoon(week[weekday] ?? ''))
  const set = (at: number, change: Partial<DraftRange>) =>
    onChange(value.map((range, index) => (index === at ? { ...range, ...change } : range)))
  return (
    <ul className="hours-table">
      {week.map((date, weekday) => {
        const name = dayName(weekday)
        const ranges = value.flatMap((range, at) => (range.weekday === weekday ? [{ range, at }] : []))
        const next = nextRange(
          weekday,
          ranges.map(({ range }) => range),
        )
        return (
          <li key={date}>
            <span className="day">{name}</span>
            <div className="grow">
              {ranges.map(({ range, at }) => {
                const found = problemOf(range, value)
                const problem = found === 'empty' ? null : found
                const night = found === 'order' ? pastMidnight(range) : undefined
                const morning = night?.[1]
                return (
                  <div key={at} className="hours-line">
                    <input
                      className={`field ${problem ? 'bad' : ''}`}
                      dir="ltr"
                      aria-label={t`${name}, משעה`}
                      aria-invalid={problem !== null || undefined}
                      value={range.from}
                      onChange={event => set(at, { from: event.target.value })}
                      onBlur={() => set(at, { from: tidyTime(range.from) })}
                    />
                    <span className="muted">
                      <Trans>עד</Trans>
                    </span>
                    <input
                      className={`field ${problem ? 'bad' : ''}`}
                      dir="ltr"
                      aria-label={t`${name}, עד שעה`}
                      aria-invalid={problem !== null || undefined}
                      value={range.to}
                      onChange={event => set(at, { to: event.target.value })}
                      onBlur={() => set(at, { to: tidyTime(range.to) })}
                    />
                    <button
                      className="btn quiet icon"
                      type="button"
                      aria-label={t`להסיר את השעות של ${name}`}
                      onClick={() => onChange(value.filter((_, index) => index !== at))}
                    >
                      <Icon icon={IconX} size="s" />
                    </button>
                    {problem && (
                      <span className="err">
                        {problem === 'time' ? (
                          <Trans>שעה נכתבת כך: 9:30</Trans>
                        ) : problem === 'order' ? (
                          <Trans>הסוף צריך לבוא אחרי ההתחלה</Trans>
                        ) : (
                          <Trans>השעות חופפות</Trans>
                        )}
                      </span>
                    )}
                    {night && (
                      <button
                        className="btn link wraps"
                        type="button"
                        onClick={() => onChange(value.flatMap((other, index) => (index === at ? night : [other])))}
                      >
                        <span>
                          {morning ? (
                            <Trans>
                              <Ltr>{`${range.from}–24:00`}</Ltr>, ו־<Ltr>{`0:00–${range.to}`}</Ltr> ב
                              {dayName(morning.weekday)}
                            </Trans>
                          ) : (
                            <Ltr>{`${range.from}–24:00`}</Ltr>
                          )}
                        </span>
                      </button>
                    )}
                  </div>
                )
              })}
              {next && (
                <button className="btn link" type="button" onClick={() => onChange([...value, next])}>
                  <Icon icon={IconPlus} size="s" />
                  {ranges.length === 0 ? <Trans>סגור. לפתוח ביום הזה</Trans> : <Trans>עוד שעות</Trans>}
                </button>
              )}
            </div>
          </li>
        )
      })}
    </ul>
  )
}
