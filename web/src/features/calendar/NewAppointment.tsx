import { Trans, useLingui } from '@lingui/react/macro'
import { Modal } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useSearchParams } from 'wouter'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { Field } from '#shared/components/field'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded } from '#shared/components/states'
import { isolate } from '#shared/format/bidi'
import type { Day } from '#shared/format/dates'
import { formatPhone } from '#shared/format/phone'
import { useFormat } from '#shared/session'
import { cancel, refresh } from './appointments'
import { Conflict } from './Conflict'
import { ContactPicker, type Picked } from './ContactPicker'
import { type Service, useResources, useServices } from './data'
import { ExactTime } from './ExactTime'
import { ServiceChoice } from './ServiceChoice'
import { type FreeSlot, SlotPicker } from './SlotPicker'
import { StaffChoice } from './StaffChoice'
import type { Shown } from './url'

interface Props {
  shown: Shown
  /** Closes the form; with a day, the calendar goes there. */
  close: (day?: Day) => void
}

/** The form for a new appointment: who, what, at whom, when. */
export function NewAppointment({ shown, close }: Props) {
  const { t } = useLingui()
  const services = useServices()
  const [isDirty, setDirty] = useState(false)
  const [asks, setAsks] = useState(false)
  // A press beside the form must not throw away what was filled in.
  const leave = () => (isDirty && !asks ? setAsks(true) : close())
  return (
    <Modal opened onClose={leave} title={t`תור חדש`} size="lg" closeButtonProps={{ 'aria-label': t`סגירה` }} centered>
      <Loaded query={services} title={<Trans>רשימת השירותים לא נטענה</Trans>}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={<Trans>עוד אין שירותים</Trans>}
              action={
                <Link className="btn pen" href="/app/settings/services">
                  <Trans>להוסיף שירות</Trans>
                </Link>
              }
            >
              <Trans>תור נקבע לשירות: כמה זמן הוא לוקח וכמה הוא עולה. גם הסוכן מציע רק מה שכתוב ברשימה.</Trans>
            </EmptyState>
          ) : (
            <Form
              services={items}
              shown={shown}
              close={close}
              onDirty={setDirty}
              asks={asks}
              goOn={() => setAsks(false)}
            />
          )
        }
      </Loaded>
    </Modal>
  )
}

interface FormProps extends Props {
  services: readonly Service[]
  onDirty: (isDirty: boolean) => void
  /** Asks whether to throw away what was filled in. */
  asks: boolean
  goOn: () => void
}

function Form({ services, shown, close, onDirty, asks, goOn }: FormProps) {
  const { t } = useLingui()
  const format = useFormat()
  const cache = useQueryClient()
  const resources = useResources()
  const [params] = useSearchParams()
  const lane = params.get('lane')
  const [contact, setContact] = useState<Picked | null>(null)
  const [service, setService] = useState<Service | null>(services.length === 1 ? (services[0] ?? null) : null)
  const [resource, setResource] = useState<number | null>(lane ? Number(lane) : shown.resource)
  const [slot, setSlot] = useState<FreeSlot | null>(null)
  const [exact, setExact] = useState<string | null>(null)
  const [note, setNote] = useState('')
  const [conflict, setConflict] = useState<string | null>(null)
  const able = (resources.data?.items ?? []).filter(({ service_ids }) => service && service_ids.includes(service.id))
  // The lane that was pressed counts only if its owner does this service.
  const at = able.some(({ id }) => id === resource) ? resource : null
  const startsAt = exact ?? slot?.starts_at ?? null
  const book = useAction({
    run: () =>
      unwrap(
        client.POST('/api/appointments', {
          body: {
            contact_id: contact?.id ?? 0,
            service_id: service?.id ?? 0,
            starts_at: startsAt ?? '',
            ...((at ?? slot?.resource_id) !== undefined && { resource_id: at ?? slot?.resource_id ?? null }),
            ...(note.trim() && { note: note.trim() }),
            ...(exact !== null && { force: true }),
          },
        }),
      ),
    done: (_, made) =>
      t`נקבע תור ל${isolate(contact?.name || formatPhone(contact?.number ?? ''))}: ${format.longDate(made.starts_at)}, ${format.time(made.starts_at)}`,
    undo: (_, made) => cancel(made.id).then(() => refresh(cache)),
    onDone: made => {
      refresh(cache)
      close(format.day(made.starts_at))
    },
    onError: error => {
      if (error.code !== 'slot_taken') return false
      setConflict(error.params.next_free ?? '')
      setSlot(null)
      refresh(cache)
      return true
    },
  })
  const isDirty = (contact !== null && contact.id !== shown.contact) || startsAt !== null || note.trim() !== ''
  useEffect(() => onDirty(isDirty), [onDirty, isDirty])
  const reset = () => {
    setSlot(null)
    setExact(null)
    setConflict(null)
  }
  // Days are text, so `Math.max` does not apply.
  const first = [shown.day, shown.today].sort().at(-1) ?? shown.today
  const from = shown.at ? format.day(shown.at) : first
  return (
    <form
      className="ap-form"
      onSubmit={event => {
        event.preventDefault()
        book.mutate()
      }}
    >
      <ContactPicker value={contact} initial={shown.contact} choose={setContact} />
      <ServiceChoice
        services={services}
        value={service?.id ?? null}
        choose={chosen => {
          setService(chosen)
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
          {conflict !== null && <Conflict nextFree={conflict} />}
          <SlotPicker
            key={`${service.id}-${at}`}
            service={service.id}
            resource={at}
            from={from}
            value={slot}
            choose={chosen => {
              setSlot(chosen)
              setExact(null)
              setConflict(null)
            }}
          />
          <ExactTime
            day={from}
            initial={shown.at}
            value={exact}
            choose={chosen => {
              setExact(chosen)
              setSlot(null)
            }}
          />
          <Field
            label={<Trans>הערה</Trans>}
            value={note}
            maxLength={500}
            dir="auto"
            onChange={event => setNote(event.target.value)}
          />
        </>
      )}
      <div className="ap-foot">
        {asks && (
          <p className="ask" role="alert">
            <Trans>לסגור בלי לקבוע? מה שמילאתם יימחק.</Trans>
          </p>
        )}
        {asks ? (
          <>
            <button className="btn pen" type="button" onClick={goOn}>
              <Trans>להמשיך למלא</Trans>
            </button>
            <button className="btn" type="button" onClick={() => close()}>
              <Trans>לסגור</Trans>
            </button>
          </>
        ) : (
          <button
            className="btn pen big"
            type="submit"
            disabled={!contact || !service || startsAt === null || book.isPending}
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
        )}
      </div>
    </form>
  )
}
