import { Trans, useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useId, useState } from 'react'
import { useAction } from '#shared/api/action'
import { knownEtag, type Schemas } from '#shared/api/client'
import { sendPart, useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Dot, Plain } from '#shared/components/text'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { isolate } from '#shared/format/bidi'
import { useFormat } from '#shared/session'
import { AppointmentWords } from './AppointmentWords'
import { change, isSameTime, refresh } from './appointments'
import { type Appointment, useResources, useServices } from './data'
import { LeaveFoot, type Leaving, useEndOnClose } from './Leave'
import { ServiceChoice } from './ServiceChoice'
import { StaffChoice } from './StaffChoice'

interface Props {
  appointment: Appointment
  leaving: Leaving
  /** Closes the dialog. */
  close: () => void
  /** Shows the appointment again. */
  back: () => void
}

interface Kept {
  note: string
  service: number
  resource: number | null
  /** The appointment on which the input is based, and its version. */
  base: Appointment
  etag?: string | undefined
}

type Update = Schemas['UpdateAppointmentRequest']

export const draftOf = (id: number): string => `appointment-edit.${id}`

/** Changes the note, and the service of an appointment that is booked. */
export function EditAppointment({ appointment: current, leaving, close: leave, back: show }: Props) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const services = useServices()
  const resources = useResources()
  const field = useId()
  const { id } = current
  const kept = useKept<Kept>(draftOf(id))
  // A later change by another user must not look like a change of this form.
  const [{ base, etag }] = useState(kept ?? { base: current, etag: knownEtag(`/api/appointments/${id}`) })
  const saved: Kept = { note: base.note, service: base.service_id, resource: base.resource_id, base, etag }
  const [note, setNote] = useState(kept?.note ?? saved.note)
  const [service, setService] = useState(kept?.service ?? saved.service)
  const [resource, setResource] = useState(kept ? kept.resource : saved.resource)
  const end = useKeep<Kept>(draftOf(id), { note, service, resource, base, etag }, saved)
  useEndOnClose(leaving, end)
  const back = () => {
    end()
    show()
  }
  const isOther = service !== base.service_id
  const isRenoted = note.trim() !== base.note
  const isDirty = isOther || isRenoted
  const { onDirty } = leaving
  useEffect(() => onDirty(isDirty), [onDirty, isDirty])
  useEffect(() => () => onDirty(false), [onDirty])
  const isAble = (resources.data?.items ?? []).some(one => one.id === resource && one.service_ids.includes(service))
  const edit = useEdit<Appointment>(etag)
  const { theirs } = edit
  const [problem, setProblem] = useState<{ nextFree: string } | 'outside_hours' | null>(null)
  const partOf = ({ note, service_id, resource_id }: Pick<Appointment, 'note' | 'service_id' | 'resource_id'>) => ({
    ...(isRenoted && { note }),
    ...(isOther && { service_id, resource_id }),
  })
  const isPartOf = (seen: Appointment) => (now: Appointment) =>
    (!isRenoted || now.note === seen.note) && (!isOther || isSameTime(now, seen))
  const save = useAction({
    run: () => {
      const wanted: Update = {
        ...partOf({ note: note.trim(), service_id: service, resource_id: base.resource_id }),
        ...(isOther && { resource_id: isAble ? resource : null }),
        ...(problem === 'outside_hours' && { force: true }),
      }
      const seen = edit.replaced() ?? base
      return sendPart(headers => change(id, wanted, headers), edit.headers(), isPartOf(seen))
    },
    what: () => ({ failed: t`התור לא עודכן`, unknown: t`לא ידוע אם התור עודכן` }),
    done: () => t`התור של ${isolate(base.contact_name || t`הלקוח`)} עודכן`,
    // The time may be in the past by now, or outside of the opening hours.
    undo: (_, stored, headers) =>
      sendPart(
        headers => change(id, { ...partOf(edit.replaced() ?? base), ...(isOther && { force: true }) }, headers),
        headers,
        isPartOf(stored),
      ).then(() => refresh(cache)),
    onDone: () => {
      refresh(cache)
      back()
    },
    onError: error => {
      if (edit.refused(error)) {
        refresh(cache)
        return true
      }
      if (error.code === 'slot_taken') setProblem({ nextFree: error.params.next_free ?? '' })
      else if (error.code === 'outside_hours') setProblem('outside_hours')
      else return false
      return true
    },
  })
  return (
    <form
      className="ap-form"
      onSubmit={event => {
        event.preventDefault()
        if (theirs !== undefined) return
        if (isDirty) save.mutate()
        else back()
      }}
    >
      {kept && <KeptInput discard={back} />}
      <div className="labelled">
        <label className="lb" htmlFor={field}>
          <Trans>הערה</Trans>
        </label>
        <textarea
          id={field}
          className="field"
          dir="auto"
          rows={3}
          maxLength={4000}
          value={note}
          // biome-ignore lint/a11y/noAutofocus: the user has just pressed the button that opens the form.
          autoFocus
          onChange={event => setNote(event.target.value)}
        />
      </div>
      {base.state === 'booked' && services.data && (
        <ServiceChoice
          services={services.data.items}
          value={service}
          present={{ id: base.service_id, name: base.service_name }}
          choose={chosen => {
            setService(chosen)
            setProblem(null)
          }}
        />
      )}
      {isOther && (
        <StaffChoice
          resources={resources.data?.items ?? []}
          service={service}
          value={isAble ? resource : null}
          choose={chosen => {
            setResource(chosen)
            setProblem(null)
          }}
        />
      )}
      {problem === 'outside_hours' ? (
        <p className="err" role="alert">
          <Trans>עם השירות הזה התור חורג משעות הפתיחה. אפשר לשמור בכל זאת.</Trans>
        </p>
      ) : (
        problem && <NoRoom nextFree={problem.nextFree} />
      )}
      {theirs && (
        <ChangedBy
          name={null}
          theirs={
            <>
              <AppointmentWords appointment={theirs} />
              <Dot />
              <bdi>{theirs.service_name}</bdi>
              {theirs.note && (
                <>
                  <Dot />
                  <Plain text={theirs.note} />
                </>
              )}
            </>
          }
          onMine={() => {
            edit.takeMine()
            save.mutate()
          }}
          onTheirs={back}
        />
      )}
      <LeaveFoot {...leaving} close={leave} question={<Trans>לסגור בלי לשמור? מה שמילאתם יימחק.</Trans>}>
        <button className="btn pen" type="submit" disabled={theirs !== undefined || save.isPending}>
          {problem === 'outside_hours' ? <Trans>לשמור בכל זאת</Trans> : <Trans>שמירה</Trans>}
        </button>
        <button className="btn quiet" type="button" onClick={back}>
          <Trans>ביטול</Trans>
        </button>
      </LeaveFoot>
    </form>
  )
}

/** An empty `nextFree` is not shown. */
function NoRoom({ nextFree }: { nextFree: string }) {
  const format = useFormat()
  return (
    <p className="err" role="alert">
      {nextFree ? (
        <Trans>
          השירות הזה לא נכנס בשעה של התור. השעה הבאה שפנויה לו:{' '}
          {`${format.longDate(nextFree)}, ${format.time(nextFree)}`}
        </Trans>
      ) : (
        <Trans>השירות הזה לא נכנס בשעה של התור. אפשר להזיז קודם את התור</Trans>
      )}
    </p>
  )
}
