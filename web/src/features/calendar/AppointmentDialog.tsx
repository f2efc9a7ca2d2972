import { Trans, useLingui } from '@lingui/react/macro'
import { Modal } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useAction } from '#shared/api/action'
import { knownEtag } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import type { ApiError } from '#shared/api/errors'
import { apiQuery } from '#shared/api/query'
import { isUnseen } from '#shared/appointment'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Dot, Ltr, Name, Phone, Plain } from '#shared/components/text'
import { isolate } from '#shared/format/bidi'
import { useNow } from '#shared/format/clock'
import { useReturnFocus } from '#shared/opener'
import { useFormat } from '#shared/session'
import { AppointmentWords } from './AppointmentWords'
import { cancel, markDone, markNoShow, markSeen, refresh, restore } from './appointments'
import type { Appointment } from './data'
import { MoveAppointment } from './MoveAppointment'
import { ResourceName } from './ResourceName'
import { WaitsStill } from './WaitsStill'

interface Props {
  id: number
  /** The appointment as the list has it, shown until the request for its details is answered. */
  known: Appointment | undefined
  close: () => void
}

export function AppointmentDialog({ id, known, close }: Props) {
  const { t } = useLingui()
  useReturnFocus()
  const query = useQuery({
    ...apiQuery('/api/appointments/{id}', { path: { id } }),
    ...(known && { placeholderData: known }),
  })
  return (
    <Modal
      opened
      onClose={close}
      title={query.data ? <Name name={query.data.contact_name} number={query.data.contact_number ?? null} /> : t`תור`}
      centered
    >
      <Loaded query={query} skeleton={<SkeletonRows count={3} height={40} />} title={<Trans>התור לא נטען</Trans>}>
        {appointment => <Card appointment={appointment} isCurrent={!query.isPlaceholderData} close={close} />}
      </Loaded>
    </Modal>
  )
}

interface CardProps {
  appointment: Appointment
  /** False while the appointment comes from the list: its version is unknown, so changes could not detect a conflict. */
  isCurrent: boolean
  close: () => void
}

function Card({ appointment, isCurrent, close }: CardProps) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const format = useFormat()
  const [isMoving, setMoving] = useState(false)
  const { id, state, starts_at, ends_at } = appointment
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
  const remove = useAction({
    run: () => cancel(id, edit.headers()),
    done: () => t`התור של ${name} בוטל`,
    undo: () => restore(id).then(onDone),
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
  const retry = { cancel: remove, done, 'no-show': noShow }[refused]
  if (isMoving) return <MoveAppointment appointment={appointment} close={close} back={() => setMoving(false)} />
  return (
    <div className="ap-card">
      <p className="muted">
        <bdi>{appointment.service_name}</bdi>
        <Dot />
        <ResourceName resource={{ name: appointment.resource_name }} />
        {appointment.price_minor != null && (
          <>
            <Dot />
            {format.money(appointment.price_minor)}
          </>
        )}
      </p>
      <dl className="kv">
        <dt>
          <Trans>מתי</Trans>
        </dt>
        <dd>
          {format.longDate(starts_at)}, <Ltr>{format.range(starts_at, ends_at)}</Ltr>
        </dd>
        {appointment.contact_number && (
          <>
            <dt>
              <Trans>טלפון</Trans>
            </dt>
            <dd>
              <a href={`tel:${appointment.contact_number}`}>
                <Phone number={appointment.contact_number} />
              </a>
            </dd>
          </>
        )}
        <dt>
          <Trans>נקבע</Trans>
        </dt>
        <dd>
          {appointment.source === 'agent' ? (
            <>
              <Icon icon={IconPencil} size="s" /> <Trans>הסוכן</Trans>
              {appointment.call_id != null && (
                <>
                  ,{' '}
                  <Link href={`/app/calls/${appointment.call_id}`}>
                    <Trans>בשיחה</Trans>
                  </Link>
                </>
              )}
            </>
          ) : (
            <Trans>מהדף הזה</Trans>
          )}
          <Dot />
          {format.date(appointment.created_at)}
        </dd>
        {appointment.note && (
          <>
            <dt>
              <Trans>הערה</Trans>
            </dt>
            <dd>
              <Plain text={appointment.note} />
            </dd>
          </>
        )}
      </dl>
      {state === 'cancelled' && (
        <p className="chip live">
          <Trans>בוטל</Trans>
        </p>
      )}
      {state === 'no_show' && (
        <p className="chip warn">
          <Trans>לא הגיע</Trans>
        </p>
      )}
      {state === 'done' && (
        <p className="chip ok">
          <Trans>התקיים</Trans>
        </p>
      )}
      {theirs && (
        <ChangedBy
          name={null}
          theirs={<AppointmentWords appointment={theirs} />}
          mineLabel={refused === 'cancel' ? <Trans>לבטל בכל זאת</Trans> : <Trans>לסמן בכל זאת</Trans>}
          theirsLabel={<Trans>להשאיר</Trans>}
          onMine={() => {
            edit.takeMine()
            retry.mutate()
          }}
          onTheirs={edit.takeTheirs}
        />
      )}
      <WaitsStill appointment={appointment} />
      <div className="row wrap">
        {state === 'booked' && (
          <button className="btn pen" type="button" disabled={!isCurrent} onClick={() => setMoving(true)}>
            <Trans>הזזה</Trans>
          </button>
        )}
        {state !== 'booked' && (
          <button className="btn pen" type="button" disabled={bring.isPending} onClick={() => bring.mutate()}>
            <Trans>להחזיר ליומן</Trans>
          </button>
        )}
        <Link className="btn" href={`/app/inbox/${appointment.contact_id}`}>
          <Trans>הודעה</Trans>
        </Link>
        <Link className="btn" href={`/app/contacts/${appointment.contact_id}`}>
          <Trans>כרטיס לקוח</Trans>
        </Link>
        {state === 'booked' && isPast && (
          <>
            <button className="btn" type="button" disabled={!isCurrent || done.isPending} onClick={() => done.mutate()}>
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
            disabled={!isCurrent || remove.isPending}
            onClick={() => remove.mutate()}
          >
            <Trans>ביטול התור</Trans>
          </button>
        )}
      </div>
    </div>
  )
}
