import { Trans, useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, knownEtag, unwrap } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { isolate } from '#shared/format/bidi'
import { serverNow } from '#shared/format/clock'
import { useFormat } from '#shared/session'
import { AppointmentWords } from './AppointmentWords'
import { refresh } from './appointments'
import { Conflict } from './Conflict'
import { type Appointment, useResources } from './data'
import { type FreeSlot, SlotPicker } from './SlotPicker'
import { StaffChoice } from './StaffChoice'

interface Props {
  appointment: Appointment
  close: () => void
  back: () => void
}

const patch = (id: number, body: { starts_at: string; resource_id: number; force?: true }, headers = {}) =>
  unwrap(client.PATCH('/api/appointments/{id}', { params: { path: { id } }, body, headers }))

export function MoveAppointment({ appointment, close, back }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const cache = useQueryClient()
  const resources = useResources()
  const [resource, setResource] = useState<number | null>(appointment.resource_id)
  const [slot, setSlot] = useState<FreeSlot | null>(null)
  const [conflict, setConflict] = useState<string | null>(null)
  // The version that was on the screen when the user started the move.
  const edit = useEdit<Appointment>(knownEtag(`/api/appointments/${appointment.id}`))
  const { theirs } = edit
  // The version that the move replaced; the undo restores it.
  const [replaced, setReplaced] = useState(appointment)
  const { id, starts_at, resource_id } = theirs ?? replaced
  const when = (at: { starts_at: string }) => `${format.longDate(at.starts_at)}, ${format.time(at.starts_at)}`
  const move = useAction({
    run: (to: FreeSlot) => patch(id, { starts_at: to.starts_at, resource_id: to.resource_id }, edit.headers()),
    done: to => t`התור של ${isolate(appointment.contact_name)} הוזז ל${when(to)}`,
    // The replaced time may be in the past by now, or outside of the opening hours.
    undo: () => patch(id, { starts_at, resource_id, force: true }).then(() => refresh(cache)),
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
      refresh(cache)
      return true
    },
  })
  return (
    <div className="ap-card">
      <p className="muted">
        <Trans>עכשיו: {when({ starts_at })}</Trans>
      </p>
      <StaffChoice
        resources={resources.data?.items ?? []}
        service={appointment.service_id}
        value={resource}
        choose={value => {
          setResource(value)
          setSlot(null)
        }}
      />
      {conflict !== null && <Conflict nextFree={conflict} />}
      <SlotPicker
        service={appointment.service_id}
        resource={resource}
        from={format.day(serverNow())}
        moving={id}
        value={slot}
        choose={setSlot}
      />
      {theirs && (
        <ChangedBy
          name={null}
          theirs={<AppointmentWords appointment={theirs} />}
          mine={slot && when(slot)}
          onMine={() => {
            edit.takeMine()
            if (slot) move.mutate(slot)
          }}
          onTheirs={back}
        />
      )}
      <div className="ap-foot">
        <button
          className="btn pen"
          type="button"
          disabled={slot === null || theirs !== undefined || move.isPending}
          onClick={() => slot && move.mutate(slot)}
        >
          {slot ? <Trans>הזזה ל{when(slot)}</Trans> : <Trans>בחרו שעה</Trans>}
        </button>
        <button className="btn quiet" type="button" onClick={back}>
          <Trans>חזרה</Trans>
        </button>
      </div>
    </div>
  )
}
