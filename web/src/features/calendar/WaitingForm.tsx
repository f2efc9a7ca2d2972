import { Trans, useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { useAction } from '#shared/api/action'
import { useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Dialog } from '#shared/components/Dialog'
import { Field } from '#shared/components/field'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { isolate } from '#shared/format/bidi'
import { serverNow } from '#shared/format/clock'
import { addDays, atNoon, type Day } from '#shared/format/dates'
import { parseDate } from '#shared/format/parse-date'
import { useFormat } from '#shared/session'
import { refresh } from './appointments'
import { ContactPicker, type Picked } from './ContactPicker'
import { useResources, useServices, useWaitingEntry, type WaitingEntry } from './data'
import { LeaveFoot, type Leaving, useEndOnClose, useLeave } from './Leave'
import { ServiceChoice } from './ServiceChoice'
import { StaffChoice } from './StaffChoice'
import { WaitingWords } from './WaitingWords'
import { add, change, remove } from './waiting'

interface Props {
  /** The entry to change; null for a new one. */
  entry: WaitingEntry | null
  close: () => void
}

interface FormProps extends Props {
  leaving: Leaving
}

/** The default last day of a new entry, in days after today. */
const DAYS = 7

export function WaitingForm({ entry, close }: Props) {
  const { t } = useLingui()
  const { leave, ...leaving } = useLeave(close)
  return (
    <Dialog onClose={leave} title={entry ? t`עריכה ברשימת ההמתנה` : t`הוספה לרשימת ההמתנה`} size="lg" centered>
      {entry ? (
        <Edit id={entry.id} close={close} leaving={leaving} />
      ) : (
        <Form entry={null} close={close} leaving={leaving} />
      )}
    </Dialog>
  )
}

function Edit({ id, close, leaving }: { id: number } & Omit<FormProps, 'entry'>) {
  // A change by another user while the form is open does not affect the input; saving detects the conflict.
  const query = useWaitingEntry(id)
  return (
    <Loaded
      query={query}
      skeleton={<SkeletonRows count={4} height={64} />}
      title={<Trans>הרישום לא נטען. הוא שמור, או שהוסר בינתיים</Trans>}
    >
      {entry => <Form entry={entry} close={close} leaving={leaving} />}
    </Loaded>
  )
}

interface Kept {
  contact: Picked | null
  service: number | null
  resource: number | null
  from: string
  to: string
  note: string
  /** The version on which the input is based. */
  etag?: string | undefined
}

function Form({ entry, close: leave, leaving }: FormProps) {
  const { t } = useLingui()
  const format = useFormat()
  const cache = useQueryClient()
  const services = useServices()
  const resources = useResources()
  const today = format.day(serverNow())
  const written = (day: Day) => format.shortDate(atNoon(day))
  const draft = `waiting.${entry?.id ?? 'new'}`
  const kept = useKept<Kept>(draft)
  const [contact, setContact] = useState<Picked | null>(kept?.contact ?? null)
  const [chosen, setService] = useState<number | null>(kept ? kept.service : (entry?.service_id ?? null))
  const [resource, setResource] = useState<number | null>(kept ? kept.resource : (entry?.resource_id ?? null))
  // The default dates are fixed when the form opens, because the day may end meanwhile.
  const [begun] = useState({
    from: written(entry?.from_date ?? today),
    to: written(entry?.to_date ?? addDays(today, DAYS)),
  })
  const [from, setFrom] = useState(kept?.from ?? begun.from)
  const [to, setTo] = useState(kept?.to ?? begun.to)
  const [note, setNote] = useState(kept?.note ?? entry?.note ?? '')
  const etag = kept ? kept.etag : entry?.etag
  const saved: Kept = {
    contact: null,
    service: entry?.service_id ?? null,
    resource: entry?.resource_id ?? null,
    ...begun,
    note: entry?.note ?? '',
    etag,
  }
  const end = useKeep<Kept>(draft, { contact, service: chosen, resource, from, to, note, etag }, saved, leave)
  const close = () => {
    end()
    leave()
  }
  useEndOnClose(leaving, end)
  const edit = useEdit<WaitingEntry>(etag)
  const { theirs } = edit
  const offered = services.data?.items ?? []
  const service = chosen ?? (offered.length === 1 ? (offered[0]?.id ?? null) : null)
  const able = (resources.data?.items ?? []).some(
    one => one.id === resource && service !== null && one.service_ids.includes(service),
  )
  const [first, last] = [parseDate(from, today), parseDate(to, today)]
  const isOrdered = first !== undefined && last !== undefined && first <= last
  const isMoved = resource !== (entry?.resource_id ?? null) || chosen !== (entry?.service_id ?? null)
  const isDirty =
    contact !== null || isMoved || from !== begun.from || to !== begun.to || note.trim() !== (entry?.note ?? '')
  const { onDirty } = leaving
  useEffect(() => onDirty(isDirty), [onDirty, isDirty])
  const isComplete = service !== null && isOrdered && (entry !== null || contact !== null)
  const name = isolate(entry?.contact_name || contact?.name || t`הלקוח`)
  const save = useAction({
    run: async () => {
      const body = {
        service_id: service ?? 0,
        // The resource is sent only if it or the service has changed. Otherwise the entry keeps its resource, even one
        // that is not in the list (archived, or not loaded).
        ...(isMoved && resources.data && { resource_id: able ? resource : null }),
        from_date: first ?? '',
        to_date: last ?? '',
        note: note.trim(),
      }
      return entry ? change(entry.id, body, edit.headers()) : add({ contact_id: contact?.id ?? 0, ...body })
    },
    done: () => (entry ? t`הרישום של ${name} עודכן` : t`נוסף לרשימת ההמתנה: ${name}`),
    undo: (_, saved) => {
      const { service_id, resource_id = null, from_date, to_date, note } = edit.replaced() ?? entry ?? saved
      const isSame = resource_id === (saved.resource_id ?? null)
      const before = { service_id, from_date, to_date, note, ...(!isSame && { resource_id }) }
      return (entry ? change(entry.id, before) : remove(saved.id)).then(() => refresh(cache))
    },
    onDone: () => {
      refresh(cache)
      close()
    },
    onError: edit.refused,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // While the other user's version is shown, the user must choose between the versions first.
    if (theirs === undefined && isComplete) save.mutate()
  }
  const said = (day: Day | undefined) => (day ? format.longDate(atNoon(day)) : t`למשל 24.12 או 24.12.2026`)
  return (
    <form className="ap-form" onSubmit={submit}>
      {kept && <KeptInput discard={close} />}
      {entry ? (
        <p>
          <b>
            <bdi>{name}</bdi>
          </b>
        </p>
      ) : (
        <ContactPicker value={contact} initial={null} choose={setContact} />
      )}
      <Loaded
        query={services}
        skeleton={<SkeletonRows count={2} height={44} />}
        title={<Trans>רשימת השירותים לא נטענה</Trans>}
      >
        {({ items }) => (
          <ServiceChoice
            services={items}
            value={service}
            {...(entry && { present: { id: entry.service_id, name: entry.service_name } })}
            choose={setService}
          />
        )}
      </Loaded>
      {service !== null && (
        <StaffChoice
          resources={resources.data?.items ?? []}
          service={service}
          value={able ? resource : null}
          choose={setResource}
        />
      )}
      <div className="pair">
        <Field
          label={<Trans>מתאים מיום</Trans>}
          value={from}
          dir="ltr"
          error={first ? undefined : said(first)}
          help={said(first)}
          onChange={event => setFrom(event.target.value)}
        />
        <Field
          label={<Trans>עד יום, כולל</Trans>}
          value={to}
          dir="ltr"
          error={!last ? said(last) : first && last < first ? t`תאריך הסיום מוקדם מתאריך ההתחלה` : undefined}
          help={said(last)}
          onChange={event => setTo(event.target.value)}
        />
      </div>
      <Field
        label={<Trans>הערה</Trans>}
        help={<Trans>למשל שעות שמתאימות: רק בבוקר, אחרי 16:00</Trans>}
        value={note}
        maxLength={500}
        dir="auto"
        onChange={event => setNote(event.target.value)}
      />
      {theirs && (
        <ChangedBy
          name={null}
          theirs={<WaitingWords entry={theirs} />}
          onMine={() => {
            edit.takeMine()
            save.mutate()
          }}
          onTheirs={() => {
            refresh(cache)
            close()
          }}
        />
      )}
      <LeaveFoot {...leaving} close={close} question={<Trans>לסגור בלי לשמור? מה שמילאתם יימחק.</Trans>}>
        <button className="btn pen big" type="submit" disabled={!isComplete || theirs !== undefined || save.isPending}>
          {entry === null && !contact ? (
            <Trans>בחרו לקוח</Trans>
          ) : service === null ? (
            <Trans>בחרו שירות</Trans>
          ) : entry ? (
            <Trans>שמירה</Trans>
          ) : (
            <Trans>להוסיף לרשימה</Trans>
          )}
        </button>
      </LeaveFoot>
    </form>
  )
}
