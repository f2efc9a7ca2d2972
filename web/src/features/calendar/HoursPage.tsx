import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import { Field } from '#shared/components/field'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Closures } from './Closures'
import { minuteOf } from './dates'
import { EditorPage } from './EditorPage'
import { WeekEditor } from './WeekEditor'
import { fromApi, isComplete, toApi } from './week'

type Hours = Schemas['OpeningHours']

/** The opening hours of the week, what holds on holidays and their eves, and closed days. */
export default function HoursPage() {
  const { t } = useLingui()
  const hours = useQuery(apiQuery('/api/opening-hours'))
  return (
    <EditorPage title={t`שעות פתיחה`} lead={<Trans>לפי השעות האלה היומן והסוכן יודעים מתי אפשר לקבוע.</Trans>}>
      <Loaded query={hours} skeleton={<SkeletonRows count={7} height={56} />} title={<Trans>השעות לא נטענו</Trans>}>
        {data => <HoursForm key={JSON.stringify(data)} hours={data} />}
      </Loaded>
      <Closures />
    </EditorPage>
  )
}

const eveOf = ({ eves }: Hours): 'closed' | 'open' | 'until' => (typeof eves === 'string' ? eves : 'until')

function HoursForm({ hours }: { hours: Hours }) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const [week, setWeek] = useState(() => fromApi(hours.hours))
  const [holidays, setHolidays] = useState(hours.holidays)
  const [eves, setEves] = useState(eveOf(hours))
  const [until, setUntil] = useState(typeof hours.eves === 'string' ? '13:00' : hours.eves.to)
  const refresh = () => {
    for (const path of ['/api/opening-hours', '/api/calendar/days', '/api/free-slots']) {
      void cache.invalidateQueries({ queryKey: [path] })
    }
  }
  const put = (body: Schemas['OpeningHoursRequest']) => unwrap(client.PUT('/api/opening-hours', { body }))
  const untilMinute = minuteOf(until)
  const body: Schemas['OpeningHoursRequest'] = {
    hours: toApi(week),
    holidays,
    eves: eves === 'until' ? { to: until.trim().padStart(5, '0') } : eves,
    notice_min: hours.notice_min,
  }
  const isChanged = JSON.stringify(body) !== JSON.stringify({ ...hours, hours: toApi(fromApi(hours.hours)) })
  const save = useAction({
    run: () => put(body),
    done: () => t`השעות נשמרו`,
    undo: () => put(hours).then(refresh),
    onDone: refresh,
  })
  const isReady = isComplete(week) && (eves !== 'until' || untilMinute !== undefined)
  return (
    <form
      className="section"
      onSubmit={event => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <WeekEditor value={week} onChange={setWeek} />
      <div className="labelled">
        <span className="lb">
          <Trans>בחגים</Trans>
        </span>
        <fieldset className="seg" aria-label={t`בחגים`}>
          {(['closed', 'open'] as const).map(value => (
            <button
              key={value}
              type="button"
              role="radio"
              aria-checked={holidays === value}
              onClick={() => setHolidays(value)}
            >
              {value === 'closed' ? <Trans>סגור</Trans> : <Trans>פתוח כרגיל</Trans>}
            </button>
          ))}
        </fieldset>
      </div>
      <div className="labelled">
        <span className="lb">
          <Trans>בערבי חג</Trans>
        </span>
        <fieldset className="seg" aria-label={t`בערבי חג`}>
          {(['closed', 'until', 'open'] as const).map(value => (
            <button key={value} type="button" role="radio" aria-checked={eves === value} onClick={() => setEves(value)}>
              {value === 'closed' ? (
                <Trans>סגור</Trans>
              ) : value === 'until' ? (
                <Trans>סוגרים מוקדם</Trans>
              ) : (
                <Trans>פתוח כרגיל</Trans>
              )}
            </button>
          ))}
        </fieldset>
        {eves === 'until' && (
          <Field
            label={<Trans>סוגרים בשעה</Trans>}
            value={until}
            dir="ltr"
            error={untilMinute === undefined ? t`שעה נכתבת כך: 9:30` : undefined}
            onChange={event => setUntil(event.target.value)}
          />
        )}
      </div>
      <button className="btn pen" type="submit" disabled={!isReady || !isChanged || save.isPending}>
        <Trans>שמירה</Trans>
      </button>
    </form>
  )
}
