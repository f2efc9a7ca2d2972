import { Trans, useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { knownEtag } from '#shared/api/client'
import { sendPart, useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { isolate } from '#shared/format/bidi'
import { serverNow } from '#shared/format/clock'
import { type Day, laterDay, weekOf } from '#shared/format/dates'
import type { Formatter } from '#shared/format/time'
import { useFormat } from '#shared/session'
import { AppointmentWords } from './AppointmentWords'
import { change, isSameTime, refresh } from './appointments'
import { Conflict } from './Conflict'
import { useChosenTime } from './chosen-time'
import { type Appointment, useResources } from './data'
import { NotifyChoice, NotifyLine } from './NotifyChoice'
import { StaffChoice } from './StaffChoice'
import { TimeChoice } from './TimeChoice'
import { useNotice } from './useNotice'

interface Props {
  appointment: Appointment
  close: () => void
  back: () => void
}

interface To {
  starts_at: string
  /** Null for the first resource that is free. */
  resource_id: number | null
  /** For an exact time, which may be in the past or outside of the opening hours. */
  force?: true
  /** Whether the contact is notified. */
  notify: boolean
}

/** The appointment's own day, and the first day of its week; today if a day is over. */
function begin({ starts_at }: Appointment, format: Formatter): { day: Day; first: Day } {
  const [own, today] = [format.day(starts_at), format.day(serverNow())]
  return { day: laterDay(own, today), first: laterDay(weekOf(own)[0] ?? own, today) }
}

export function MoveAppointment({ appointment, close, back }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const cache = useQueryClient()
  const resources = useResources()
  // An appointment of a resource that was removed is moved to any other one, because the removed one has no free time.
  const isRemoved = resources.data?.items.every(one => one.id !== appointment.resource_id) ?? false
  const [chosen, setChosen] = useState<number | null>()
  const resource = chosen !== undefined ? chosen : isRemoved ? null : appointment.resource_id
  const time = useChosenTime(begin(appointment, format))
  const [conflict, setConflict] = useState<string | null>(null)
  // The version that was on the screen when the user started the move.
  const edit = useEdit<Appointment>(knownEtag(`/api/appointments/${appointment.id}`))
  const { theirs } = edit
  // The version that the move replaced; the undo restores it.
  const [replaced, setReplaced] = useState(appointment)
  const { id, starts_at, resource_id } = theirs ?? replaced
  const when = (at: { starts_at: string }) => `${format.longDate(at.starts_at)}, ${format.time(at.starts_at)}`
  const startsAt = time.startsAt
  const notice = useNotice(
    startsAt === null || startsAt === starts_at
      ? null
      : { event: 'moved', contact_id: appointment.contact_id, service_id: appointment.service_id, starts_at: startsAt },
  )
  const move = useAction({
    run: (to: To) => change(id, to, edit.headers()),
    what: () => ({ failed: t`התור לא הוזז`, unknown: t`לא ידוע אם התור הוזז` }),
    done: to =>
      to.notify
        ? t`התור של ${isolate(appointment.contact_name)} הוזז ל${when(to)}, והודעת WhatsApp תישלח`
        : t`התור של ${isolate(appointment.contact_name)} הוזז ל${when(to)}`,
    // The replaced time may be in the past by now, or outside of the opening hours. Without `notify`, the daemon decides:
    // the contact is notified of the undo if the message was sent.
    undo: (_, moved, headers) =>
      sendPart(
        headers => change(id, { starts_at, resource_id, force: true }, headers),
        headers,
        (now: Appointment) => isSameTime(now, moved),
      ).then(() => refresh(cache)),
    onDone: () => {
      refresh(cache)
      close()
    },
    onError: error => {
      if (edit.refused(error)) {
        setReplaced(error.current as Appointment)
        refresh(cache)
        return true
      }
      if (error.code !== 'slot_taken') return false
      setConflict(error.params.next_free ?? '')
      time.reset()
      refresh(cache)
      return true
    },
  })
  const { notify } = notice
  const to: To | null = time.exact
    ? { starts_at: time.exact, resource_id: resource, force: true, notify }
    : time.slot && { starts_at: time.slot.starts_at, resource_id: time.slot.resource_id ?? resource, notify }
  return (
    <div className="ap-card">
      <p className="muted">
        <Trans>עכשיו: {when({ starts_at })}</Trans>
      </p>
      {isRemoved && (
        <p>
          {appointment.resource_name ? (
            <Trans>
              <bdi>{appointment.resource_name}</bdi> כבר לא ביומן. אלה השעות של מי שפנוי.
            </Trans>
          ) : (
            <Trans>התור נקבע לפני שהיו עובדים ביומן. אלה השעות של מי שפנוי.</Trans>
          )}
        </p>
      )}
      <StaffChoice
        resources={resources.data?.items ?? []}
        service={appointment.service_id}
        value={resource}
        choose={value => {
          setChosen(value)
          time.reset()
          setConflict(null)
        }}
      />
      <TimeChoice
        time={time}
        service={appointment.service_id}
        resource={resource}
        moving={id}
        onChosen={() => setConflict(null)}
      />
      <NotifyChoice notice={notice} />
      {theirs && (
        <ChangedBy
          name={null}
          theirs={<AppointmentWords appointment={theirs} />}
          mine={to && when(to)}
          onMine={() => {
            edit.takeMine()
            if (to) move.mutate(to)
          }}
          onTheirs={back}
        />
      )}
      <div className="ap-foot">
        {conflict !== null && (
          <Conflict
            nextFree={conflict}
            take={startsAt => {
              time.take(startsAt)
              setConflict(null)
            }}
          />
        )}
        <NotifyLine notice={notice} />
        <button
          className="btn pen"
          type="button"
          disabled={to === null || theirs !== undefined || move.isPending}
          onClick={() => to && move.mutate(to)}
        >
          {to ? <Trans>הזזה ל{when(to)}</Trans> : <Trans>בחרו שעה</Trans>}
        </button>
        <button className="btn quiet" type="button" onClick={back}>
          <Trans>חזרה</Trans>
        </button>
      </div>
    </div>
  )
}
