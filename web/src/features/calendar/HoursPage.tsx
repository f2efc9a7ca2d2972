import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { useBase, useEdit } from '#shared/api/edit'
import { apiQuery } from '#shared/api/query'
import { ChangedBy } from '#shared/components/ChangedBy'
import { EditorPage } from '#shared/components/EditorPage'
import { Field } from '#shared/components/field'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { recallDraft, useDraft } from '#shared/draft'
import { atNoon, minuteOf, weekOf } from '#shared/format/dates'
import { useFormat, useSession } from '#shared/session'
import { Closures } from './Closures'
import { HoursList } from './HoursList'
import { HoursWords } from './HoursWords'
import { WeekEditor } from './WeekEditor'
import { type DraftRange, fromApi, isComplete, paddedTime, problemOf, toApi } from './week'
import './calendar.css'

type Hours = Schemas['OpeningHours']

export default function HoursPage() {
  const { t } = useLingui()
  const { isOwner } = useSession()
  const hours = useQuery(apiQuery(PATH))
  return (
    <EditorPage
      ownerOnly={<Trans>רק בעלי העסק משנים את השעות. סגור מיוחד וחופשות משנים כאן כולם.</Trans>}
      title={t`שעות פתיחה`}
      lead={<Trans>לפי השעות האלה היומן והסוכן יודעים מתי אפשר לקבוע.</Trans>}
    >
      <Loaded query={hours} skeleton={<SkeletonRows count={7} height={56} />} title={<Trans>השעות לא נטענו</Trans>}>
        {data => (isOwner ? <HoursEditor hours={data} /> : <HoursList hours={data} />)}
      </Loaded>
      <Closures />
    </EditorPage>
  )
}

/** Unsaved changes. They apply only to the stored hours on which they are based. */
interface Draft {
  base: string
  week: DraftRange[]
  holidays: Hours['holidays']
  eves: 'closed' | 'open' | 'until'
  until: string
}

const DRAFT = 'opening-hours'

const PATH = '/api/opening-hours'

const eveOf = ({ eves }: Hours): 'closed' | 'open' | 'until' => (typeof eves === 'string' ? eves : 'until')

function HoursEditor({ hours }: { hours: Hours }) {
  const { key, item, etag, setDirty } = useBase(hours, PATH)
  return <HoursForm key={key} hours={item} etag={etag} onDirty={setDirty} />
}

interface FormProps {
  hours: Hours
  etag: string | undefined
  onDirty: (isDirty: boolean) => void
}

function HoursForm({ hours, etag, onDirty }: FormProps) {
  const { t } = useLingui()
  const format = useFormat()
  const cache = useQueryClient()
  const base = JSON.stringify(hours)
  const [draft] = useState(() => {
    const kept = recallDraft<Draft>(DRAFT)
    return kept?.base === base ? kept : undefined
  })
  const [week, setWeek] = useState(() => draft?.week ?? fromApi(hours.hours))
  const [holidays, setHolidays] = useState(draft?.holidays ?? hours.holidays)
  const [eves, setEves] = useState(draft?.eves ?? eveOf(hours))
  const [until, setUntil] = useState(draft?.until ?? (typeof hours.eves === 'string' ? '13:00' : hours.eves.to))
  const refresh = () => {
    for (const path of [PATH, '/api/calendar/days', '/api/free-slots']) {
      void cache.invalidateQueries({ queryKey: [path] })
    }
  }
  const edit = useEdit<Hours>(etag)
  const { theirs } = edit
  const put = (body: Schemas['OpeningHoursRequest'], headers = {}) => unwrap(client.PUT(PATH, { body, headers }))
  const untilMinute = minuteOf(until)
  const body: Schemas['OpeningHoursRequest'] = {
    hours: toApi(week),
    holidays,
    eves: eves === 'until' ? { to: paddedTime(untilMinute ?? 0) } : eves,
    notice_min: hours.notice_min,
  }
  const isChanged = JSON.stringify(body) !== JSON.stringify({ ...hours, hours: toApi(fromApi(hours.hours)) })
  useEffect(() => onDirty(isChanged), [onDirty, isChanged])
  const [, go] = useLocation()
  const input: Draft = { base, week, holidays, eves, until }
  const endDraft = useDraft<Draft>({
    name: DRAFT,
    value: input,
    isDirty: isChanged,
    back: () => go('/app/settings/hours'),
  })
  const discard = () => {
    setWeek(fromApi(hours.hours))
    setHolidays(hours.holidays)
    setEves(eveOf(hours))
    setUntil(typeof hours.eves === 'string' ? '13:00' : hours.eves.to)
  }
  const sent = useRef(input)
  const save = useAction({
    run: () => {
      sent.current = input
      return put(body, edit.headers())
    },
    done: () => t`השעות נשמרו`,
    undo: () => put(edit.replaced() ?? hours).then(refresh),
    onDone: saved => {
      endDraft(sent.current)
      onDirty(false)
      // The saved hours are the base of the next edit at once, and not only after they were fetched again.
      cache.setQueryData(apiQuery(PATH).queryKey, saved)
      refresh()
    },
    onError: edit.refused,
  })
  const names = weekOf(format.day(new Date())).map(date => format.weekdayName(atNoon(date)))
  const problems = week.flatMap(range => {
    const problem = problemOf(range, week)
    return problem ? [{ weekday: range.weekday, isEmpty: problem === 'empty' }] : []
  })
  const daysWith = (isEmpty: boolean) =>
    names.filter((_, weekday) => problems.some(one => one.weekday === weekday && one.isEmpty === isEmpty)).join(', ')
  const [wrongDays, openDays] = [daysWith(false), daysWith(true)]
  const isEveWrong = eves === 'until' && untilMinute === undefined
  const isReady = isComplete(week) && !isEveWrong
  return (
    <form
      className="section"
      onSubmit={event => {
        event.preventDefault()
        save.mutate()
      }}
    >
      {/* The saved hours replace the input, so input during the save would be lost. */}
      <fieldset className="fields" disabled={save.isPending}>
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
              <button
                key={value}
                type="button"
                role="radio"
                aria-checked={eves === value}
                onClick={() => setEves(value)}
              >
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
      </fieldset>
      {(wrongDays || isEveWrong) && (
        <p className="err" role="status">
          {wrongDays ? (
            <Trans>כדי לשמור צריך לתקן את השעות ב{wrongDays}.</Trans>
          ) : (
            <Trans>כדי לשמור צריך לתקן את השעה של ערבי החג.</Trans>
          )}
        </p>
      )}
      {openDays && !wrongDays && !isEveWrong && (
        <p className="small muted" role="status">
          <Trans>כדי לשמור צריך להשלים את השעות ב{openDays}.</Trans>
        </p>
      )}
      {isReady && isChanged && (
        <p className="small muted" role="status">
          {draft ? (
            <Trans>זו טיוטה ששמורה רק בדפדפן הזה. היומן עובד לפי השעות האחרונות ששמרתם.</Trans>
          ) : (
            <Trans>יש שינויים שעוד לא נשמרו.</Trans>
          )}
        </p>
      )}
      {theirs && (
        <ChangedBy
          name={null}
          theirs={<HoursWords hours={theirs.hours} />}
          onMine={() => {
            edit.takeMine()
            save.mutate()
          }}
          onTheirs={() => {
            discard()
            onDirty(false)
            refresh()
          }}
        />
      )}
      <div className="row wrap">
        <button
          className="btn pen"
          type="submit"
          disabled={!isReady || !isChanged || theirs !== undefined || save.isPending}
        >
          <Trans>שמירה</Trans>
        </button>
        {isChanged && (
          <button className="btn quiet" type="button" disabled={save.isPending} onClick={discard}>
            <Trans>לבטל את השינויים</Trans>
          </button>
        )}
      </div>
    </form>
  )
}
