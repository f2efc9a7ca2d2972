import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useAction } from '#shared/api/action'
import { knownEtag } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import type { ApiError } from '#shared/api/errors'
import { apiQuery } from '#shared/api/query'
import { isUnseen } from '#shared/appointment'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Dialog } from '#shared/components/Dialog'
import { Link } from '#shared/components/Link'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Name } from '#shared/components/text'
import { isKept } from '#shared/draft'
import { isolate } from '#shared/format/bidi'
import { useNow } from '#shared/format/clock'
import { AppointmentFacts } from './AppointmentFacts'
import { AppointmentWords } from './AppointmentWords'
import { cancel, markDone, markNoShow, markSeen, refresh, restore } from './appointments'
import { CancelAppointment } from './CancelAppointment'
import type { Appointment } from './data'
import { draftOf, EditAppointment } from './EditAppointment'
import { type Leaving, useLeave } from './Leave'
import { MoveAppointment } from './MoveAppointment'
import { useNotice } from './useNotice'
import { WaitsStill } from './WaitsStill'

interface Props {
  id: number
  /** The appointment as the list has it, shown until the request for its details is answered. */
  known: Appointment | undefined
  close: () => void
}

export function AppointmentDialog({ id, known, close }: Props) {
  const { t } = useLingui()
  const { leave, ...leaving } = useLeave(close)
  const query = useQuery({
    ...apiQuery('/api/appointments/{id}', { path: { id } }),
    ...(known && { placeholderData: known }),
  })
  return (
    <Dialog
      onClose={leave}
      title={query.data ? <Name name={query.data.contact_name} number={query.data.contact_number ?? null} /> : t`תור`}
      centered
    >
      <Loaded
        query={query}
        skeleton={<SkeletonRows count={3} height={40} />}
        title={<Trans>התור לא נטען</Trans>}
        missing={{
          title: <Trans>התור כבר לא קיים</Trans>,
          action: (
            <button className="btn pen" type="button" onClick={close}>
              <Trans>ליומן</Trans>
            </button>
          ),
        }}
      >
        {appointment => (
          <Opened appointment={appointment} isCurrent={!query.isPlaceholderData} close={close} leaving={leaving} />
        )}
      </Loaded>
    </Dialog>
  )
}

interface OpenedProps {
  appointment: Appointment
  /** False while the appointment comes from the list: its version is unknown, so changes could not detect a conflict. */
  isCurrent: boolean
  close: () => void
}

type Form = 'move' | 'edit' | 'cancel'

function Opened({ leaving, ...props }: OpenedProps & { leaving: Leaving }) {
  const { appointment, isCurrent, close } = props
  const [form, setForm] = useState<Form | null>(() => (isKept(draftOf(appointment.id)) ? 'edit' : null))
  // The form that was open before. Its button gets the focus, which was in the form.
  const last = useRef<Form>(null)
  if (form) last.current = form
  const back = () => setForm(null)
  if (form === 'move') return <MoveAppointment appointment={appointment} close={close} back={back} />
  if (form === 'edit' && isCurrent)
    return <EditAppointment appointment={appointment} leaving={leaving} close={close} back={back} />
  return <Card {...props} leaving={leaving} form={form} setForm={setForm} last={last.current} />
}

interface CardProps extends OpenedProps {
  leaving: Leaving
  form: Form | null
  setForm: (form: Form | null) => void
  /** The form that was open before. */
  last: Form | null
}

function Card({ appointment, isCurrent, close, leaving, form, setForm, last }: CardProps) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const [reason, setReason] = useState('')
  const { id, state, starts_at } = appointment
  const isPast = new Date(starts_at) < useNow()
  const onDone = () => refresh(cache)
  const { mutate: see } = useAction({ run: () => markSeen(id), onDone, onError: () => true })
  const unseen = isUnseen(appointment)
  // Opening the card marks the appointment as seen.
  useEffect(() => {
    if (unseen) see()
  }, [unseen, see])
  const name = isolate(appointment.contact_name || t`הלקוח`)
  const edit = useEdit<Appointment>(knownEtag(`/api/appointments/${id}`), { follows: true })
  const { theirs } = edit
  // The action that was refused because another user saved first.
  const [refused, setRefused] = useState<'cancel' | 'done' | 'no-show'>('cancel')
  const refuse = (what: typeof refused) => (error: ApiError) => {
    if (!edit.refused(error)) return false
    setRefused(what)
    onDone()
    return true
  }
  const notice = useNotice(
    form === 'cancel'
      ? { event: 'cancelled', contact_id: appointment.contact_id, service_id: appointment.service_id, starts_at }
      : null,
  )
  const remove = useAction({
    run: (notify: boolean) => cancel(id, { reason: reason.trim() || null, notify }, edit.headers()),
    done: notify => (notify ? t`התור של ${name} בוטל, והודעת WhatsApp תישלח` : t`התור של ${name} בוטל`),
    // If the message was sent, the daemon notifies the contact of the undo.
    undo: () => restore(id).then(onDone),
    isCancellation: true,
    onDone: () => {
      onDone()
      close()
    },
    onError: refuse('cancel'),
  })
  const bring = useAction({ run: () => restore(id), done: () => t`התור של ${name} שוב ביומן`, onDone })
  const done = useAction({ run: () => markDone(id, edit.headers()), onDone, onError: refuse('done') })
  const noShow = useAction({
    run: () => markNoShow(id, edit.headers()),
    undo: () => restore(id).then(onDone),
    done: () => t`נרשם: לא הגיע`,
    onDone,
    onError: refuse('no-show'),
  })
  const retry = {
    cancel: () => remove.mutate(notice.notify),
    done: () => done.mutate(),
    'no-show': () => noShow.mutate(),
  }[refused]
  // The focus was in the form that was replaced by this card.
  const focused = (of: Form) => (button: HTMLButtonElement | null) => {
    if (last === of && document.activeElement === document.body) button?.focus()
  }
  return (
    <div className="ap-card">
      <AppointmentFacts appointment={appointment} />
      {theirs && (
        <ChangedBy
          name={null}
          theirs={<AppointmentWords appointment={theirs} />}
          mineLabel={refused === 'cancel' ? <Trans>לבטל בכל זאת</Trans> : <Trans>לסמן בכל זאת</Trans>}
          theirsLabel={<Trans>להשאיר</Trans>}
          onMine={() => {
            edit.takeMine()
            retry()
          }}
          onTheirs={edit.takeTheirs}
        />
      )}
      <WaitsStill appointment={appointment} />
      {form === 'cancel' && state === 'booked' ? (
        <CancelAppointment
          leaving={leaving}
          close={close}
          reason={reason}
          setReason={setReason}
          notice={notice}
          isBusy={!isCurrent || remove.isPending || theirs !== undefined}
          cancel={() => remove.mutate(notice.notify)}
          back={() => setForm(null)}
        />
      ) : (
        <div className="row wrap">
          {state === 'booked' ? (
            <button
              className="btn pen"
              type="button"
              disabled={!isCurrent}
              ref={focused('move')}
              onClick={() => setForm('move')}
            >
              <Trans>הזזה</Trans>
            </button>
          ) : (
            <button className="btn pen" type="button" disabled={bring.isPending} onClick={() => bring.mutate()}>
              <Trans>להחזיר ליומן</Trans>
            </button>
          )}
          <button
            className="btn"
            type="button"
            disabled={!isCurrent}
            ref={focused('edit')}
            onClick={() => setForm('edit')}
          >
            <Trans>עריכה</Trans>
          </button>
          <Link className="btn" href={`/app/inbox/${appointment.contact_id}`}>
            <Trans>הודעה</Trans>
          </Link>
          <Link className="btn" href={`/app/contacts/${appointment.contact_id}`}>
            <Trans>כרטיס לקוח</Trans>
          </Link>
          {state === 'booked' && isPast && (
            <>
              <button
                className="btn"
                type="button"
                disabled={!isCurrent || done.isPending}
                onClick={() => done.mutate()}
              >
                <Trans>התקיים</Trans>
              </button>
              <button
                className="btn quiet"
                type="button"
                disabled={!isCurrent || noShow.isPending}
                onClick={() => noShow.mutate()}
              >
                <Trans>לא הגיע</Trans>
              </button>
            </>
          )}
          {state === 'booked' && (
            <button
              className="btn quiet stop"
              type="button"
              disabled={!isCurrent}
              ref={focused('cancel')}
              onClick={() => setForm('cancel')}
            >
              <Trans>ביטול התור</Trans>
            </button>
          )}
        </div>
      )}
    </div>
  )
}
