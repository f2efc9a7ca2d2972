import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useSearchParams } from 'wouter'
import { useAction } from '#shared/api/action'
import { apiQuery } from '#shared/api/query'
import { Field } from '#shared/components/field'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { isolate } from '#shared/format/bidi'
import { type Day, laterDay } from '#shared/format/dates'
import { formatPhone } from '#shared/format/phone'
import type { Formatter } from '#shared/format/time'
import { useCountry, useFormat } from '#shared/session'
import { cancel, refresh } from './appointments'
import { Conflict } from './Conflict'
import { ContactPicker, type Picked } from './ContactPicker'
import { useChosenTime } from './chosen-time'
import { type Service, useResources, type WaitingEntry } from './data'
import { FromWaitingList } from './FromWaitingList'
import { LeaveFoot, type Leaving, useEndOnClose } from './Leave'
import { NotifyChoice, NotifyLine } from './NotifyChoice'
import { ServiceChoice } from './ServiceChoice'
import { StaffChoice } from './StaffChoice'
import { TimeChoice } from './TimeChoice'
import type { Shown } from './url'
import { useBooking } from './useBooking'
import { useNotice } from './useNotice'
import { restoreEntry } from './waiting'

interface Props {
  shown: Shown
  /** Closes the form. With a day, the calendar then shows that day. */
  close: (day?: Day) => void
  services: readonly Service[]
  /** The entry of the waiting list that the appointment is for; null if there is none, or it was removed meanwhile. */
  waiter: WaitingEntry | null
  leaving: Leaving
}

/** Without the time, which another contact may have taken meanwhile. */
interface Kept {
  contact: Picked | null
  service: number | null
  note: string
}

interface Booking {
  waiter: WaitingEntry | null
  /** Whether the contact is notified. */
  notify: boolean
}

/** The first day whose free times are shown: that of the given time, or else one from today on. */
function firstDay({ day, at, today }: Shown, waiter: WaitingEntry | null, format: Formatter): Day {
  const given = waiter?.free_slot?.starts_at ?? at
  if (given) return format.day(given)
  return laterDay(waiter?.from_date ?? day, today)
}

export function AppointmentForm({ services, shown, waiter: given, close: leave, leaving }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const country = useCountry()
  const cache = useQueryClient()
  const resources = useResources()
  const { book, isMoved, timeOf } = useBooking()
  const [params] = useSearchParams()
  const lane = params.get('lane')
  const draft = `appointment.${shown.contact ?? ''}.${given?.id ?? ''}`
  const kept = useKept<Kept>(draft)
  const [contact, setContact] = useState<Picked | null>(kept?.contact ?? null)
  // A copy of the entry: the booking removes it from the list, and the undo restores it.
  const [begun] = useState(given)
  const first = begun?.free_slot ?? null
  // The only service is chosen at once, but not for a waiting contact who has asked for another one.
  const only = services.length === 1 && begun === null ? services[0] : undefined
  const [service, setService] = useState<Service | null>(
    services.find(({ id }) => id === (kept?.service ?? begun?.service_id)) ?? only ?? null,
  )
  const [resource, setResource] = useState<number | null>(
    begun ? (begun.resource_id ?? null) : lane ? Number(lane) : shown.resource,
  )
  const time = useChosenTime({ first: firstDay(shown, begun, format), slot: first })
  const { slot, exact, startsAt } = time
  const [note, setNote] = useState(kept?.note ?? '')
  const [isRestored, setRestored] = useState(kept !== undefined)
  const isPicked = contact !== null && contact.id !== shown.contact
  const end = useKeep<Kept>(
    draft,
    { contact, service: service?.id ?? null, note },
    { contact: isPicked ? null : contact, service: service?.id ?? null, note: '' },
  )
  const close = (day?: Day) => {
    end()
    leave(day)
  }
  useEndOnClose(leaving, end)
  const [conflict, setConflict] = useState<string | null>(null)
  const able = (resources.data?.items ?? []).filter(({ service_ids }) => service && service_ids.includes(service.id))
  // The resource whose lane was pressed is preselected only if it provides this service.
  const at = able.some(({ id }) => id === resource) ? resource : null
  // The contact may be on the waiting list for this service even if the form was not opened from there; the booking can
  // then remove that entry.
  const [leaves, setLeaves] = useState(true)
  const own = useQuery({
    ...apiQuery('/api/waiting-list', { query: { contact_id: contact?.id ?? 0 } }),
    enabled: begun === null && contact !== null,
  })
  const found = begun ?? own.data?.items.find(entry => entry.service_id === service?.id) ?? null
  const waiter = found?.contact_id === contact?.id && leaves ? found : null
  const notice = useNotice(
    contact && service && startsAt !== null
      ? { event: 'booked', contact_id: contact.id, service_id: service.id, starts_at: startsAt }
      : null,
  )
  const booking = useAction({
    what: () => ({ failed: t`התור לא נקבע`, unknown: t`לא ידוע אם התור נקבע` }),
    run: ({ waiter, notify }: Booking) => {
      const body = {
        contact_id: contact?.id ?? 0,
        service_id: service?.id ?? 0,
        starts_at: startsAt ?? '',
        ...((at ?? slot?.resource_id) !== undefined && { resource_id: at ?? slot?.resource_id ?? null }),
        ...(note.trim() && { note: note.trim() }),
        ...(exact !== null && { force: true }),
        ...(waiter && { waiting_entry_id: waiter.id }),
        ...(notify && { notify: true }),
      }
      return book(body)
    },
    done: ({ notify }, made) => {
      const name = isolate(contact?.name || formatPhone(contact?.number ?? '', country))
      const when = timeOf(made)
      if (isMoved(made)) return t`התור של ${name} כבר היה קבוע, והוא הוזז ל${when}`
      return notify ? t`נקבע תור ל${name}: ${when}, והודעת WhatsApp תישלח` : t`נקבע תור ל${name}: ${when}`
    },
    undo: async ({ waiter }, made) => {
      // Without `notify`, the daemon decides: the contact is notified of the undo if the message was sent.
      await cancel(made.id)
      if (waiter) await restoreEntry(waiter)
      refresh(cache)
    },
    onDone: made => {
      refresh(cache)
      close(format.day(made.starts_at))
    },
    onError: error => {
      if (error.code !== 'slot_taken') return false
      setConflict(error.params.next_free ?? '')
      time.chooseSlot(null)
      refresh(cache)
      return true
    },
  })
  const isDirty = isPicked || startsAt !== (first?.starts_at ?? null) || note.trim() !== ''
  const { onDirty } = leaving
  useEffect(() => onDirty(isDirty), [onDirty, isDirty])
  const reset = () => {
    time.reset()
    setConflict(null)
  }
  return (
    <form
      className="ap-form"
      onSubmit={event => {
        event.preventDefault()
        booking.mutate({ waiter, notify: notice.notify })
      }}
    >
      {isRestored && (
        <KeptInput
          discard={() => {
            setContact(null)
            setNote('')
            setRestored(false)
          }}
        />
      )}
      <ContactPicker value={contact} initial={shown.contact} choose={setContact} />
      {found && (contact === null || contact.id === found.contact_id) && (
        <FromWaitingList
          entry={found}
          isRemoved={services.every(({ id }) => id !== found.service_id)}
          leaves={leaves}
          choose={begun ? undefined : setLeaves}
        />
      )}
      <ServiceChoice
        services={services}
        value={service?.id ?? null}
        choose={chosen => {
          setService(services.find(({ id }) => id === chosen) ?? null)
          reset()
        }}
      />
      {service && (
        <>
          <StaffChoice
            resources={resources.data?.items ?? []}
            service={service.id}
            value={at}
            choose={chosen => {
              setResource(chosen)
              reset()
            }}
          />
          <TimeChoice
            time={time}
            service={service.id}
            resource={at}
            pressed={shown.at}
            onChosen={() => setConflict(null)}
          />
          <Field
            label={<Trans>הערה</Trans>}
            value={note}
            maxLength={500}
            dir="auto"
            onChange={event => setNote(event.target.value)}
          />
          <NotifyChoice notice={notice} />
        </>
      )}
      <LeaveFoot
        {...leaving}
        note={
          <>
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
          </>
        }
        close={() => close()}
        question={<Trans>לסגור בלי לקבוע? מה שמילאתם יימחק.</Trans>}
      >
        <button
          className="btn pen big"
          type="submit"
          disabled={!contact || !service || startsAt === null || booking.isPending}
        >
          {startsAt !== null && contact ? (
            <Trans>לקבוע ל{`${format.longDate(startsAt)}, ${format.time(startsAt)}`}</Trans>
          ) : !contact ? (
            <Trans>בחרו לקוח</Trans>
          ) : !service ? (
            <Trans>בחרו שירות</Trans>
          ) : (
            <Trans>בחרו שעה</Trans>
          )}
        </button>
      </LeaveFoot>
    </form>
  )
}
