import { Trans } from '@lingui/react/macro'
import { Dot, Ltr } from '#shared/components/text'
import { atNoon, weekOf } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import type { HoursRange } from './WeekEditor'
import { fromApi } from './week'

export function HoursWords({ hours }: { hours: readonly HoursRange[] }) {
  const format = useFormat()
  return (
    <>
      {weekOf(format.day(new Date())).map((date, weekday) => {
        const ranges = fromApi(hours).filter(range => range.weekday === weekday)
        return (
          <span key={date}>
            {weekday > 0 && <Dot />}
            {format.weekdayName(atNoon(date))}{' '}
            {ranges.length === 0 ? (
              <Trans>סגור</Trans>
            ) : (
              <Ltr className="strong">{ranges.map(({ from, to }) => `${from}–${to}`).join(', ')}</Ltr>
            )}
          </span>
        )
      })}
    </>
  )
}
