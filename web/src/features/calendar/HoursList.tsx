import { Trans } from '@lingui/react/macro'
import { Fragment } from 'react'
import type { Schemas } from '#shared/api/client'
import { Ltr } from '#shared/components/text'
import { atNoon, weekOf } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { fromApi } from './week'

export function HoursList({ hours: { hours, holidays, eves } }: { hours: Schemas['OpeningHours'] }) {
  const format = useFormat()
  return (
    <dl className="kv">
      {weekOf(format.day(new Date())).map((date, weekday) => {
        const ranges = fromApi(hours).filter(range => range.weekday === weekday)
        return (
          <Fragment key={date}>
            <dt>{format.weekdayName(atNoon(date))}</dt>
            <dd>
              {ranges.length === 0 && <Trans>סגור</Trans>}
              {ranges.map(({ from, to }, at) => (
                <span key={from}>
                  {at > 0 && ', '}
                  <Ltr>{`${from}–${to}`}</Ltr>
                </span>
              ))}
            </dd>
          </Fragment>
        )
      })}
      <dt>
        <Trans>בחגים</Trans>
      </dt>
      <dd>{holidays === 'open' ? <Trans>פתוח כרגיל</Trans> : <Trans>סגור</Trans>}</dd>
      <dt>
        <Trans>בערבי חג</Trans>
      </dt>
      <dd>
        {eves === 'open' ? (
          <Trans>פתוח כרגיל</Trans>
        ) : eves === 'closed' ? (
          <Trans>סגור</Trans>
        ) : (
          <Trans>
            עד <Ltr>{eves.to}</Ltr>
          </Trans>
        )}
      </dd>
    </dl>
  )
}
