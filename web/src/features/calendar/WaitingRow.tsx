import { Trans, useLingui } from '@lingui/react/macro'
import { IconEdit, IconPencil, IconTrash } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { RemovalRefused } from '#shared/components/RemovalRefused'
import { Dot, Name, Phone, Plain, Time } from '#shared/components/text'
import { isPhone } from '#shared/format/phone'
import { useFormat } from '#shared/session'
import type { WaitingEntry } from './data'
import { ResourceName } from './ResourceName'
import { useRemoveWaiting } from './useRemoveWaiting'
import { WaitingDays } from './WaitingDays'
import { WaitingWords } from './WaitingWords'

interface Props {
  entry: WaitingEntry
  edit: () => void
  book: () => void
}

export function WaitingRow({ entry, edit, book }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const { contact_name, contact_number, free_slot, appointment, note } = entry
  const remove = useRemoveWaiting(entry)
  const { name } = remove
  return (
    <li className="waiter">
      <div className="waiter-name">
        <Link href={`/app/contacts/${entry.contact_id}`} className="strong">
          <Name name={contact_name} number={contact_number ?? null} />
        </Link>
        <span className="muted small">
          <Trans>
            נרשם <Time at={entry.created_at} style="ago" />
          </Trans>
        </span>
      </div>
      <p>
        <bdi>{entry.service_name}</bdi>
        {entry.resource_id != null && (
          <>
            <Dot />
            <ResourceName resource={{ name: entry.resource_name ?? null }} />
          </>
        )}
        <span className="muted">
          <Dot />
          <WaitingDays entry={entry} />
        </span>
      </p>
      {note && (
        <p>
          <Plain text={note} />
        </p>
      )}
      <p className="small muted waiter-source">
        {contact_number && !isPhone(contact_name) && contact_name && (
          <a href={`tel:${contact_number}`}>
            <Phone number={contact_number} />
          </a>
        )}
        {entry.created_by === 'agent' ? (
          <span className="chip pencil">
            <Icon icon={IconPencil} size="s" />
            <Trans>הוסיף הסוכן</Trans>
          </span>
        ) : (
          <span>
            <Trans>נוסף ביד</Trans>
          </span>
        )}
      </p>
      <div className={appointment ? 'row waiter-foot booked' : 'row waiter-foot'}>
        <div className={appointment || free_slot ? 'grow free' : 'grow muted'}>
          {appointment && (
            <p>
              <Link href={`/calendar?date=${format.day(appointment.starts_at)}&appointment=${appointment.id}`}>
                <Trans>
                  כבר נקבע תור: {format.longDate(appointment.starts_at)},{' '}
                  <bdi dir="ltr">{format.time(appointment.starts_at)}</bdi>
                </Trans>
              </Link>
            </p>
          )}
          {free_slot ? (
            <p>
              <Trans>
                פנוי: {format.longDate(free_slot.starts_at)}, <bdi dir="ltr">{format.time(free_slot.starts_at)}</bdi>
              </Trans>
            </p>
          ) : (
            !appointment && (
              <p>
                <Trans>אין שעה פנויה שמתאימה</Trans>
              </p>
            )
          )}
        </div>
        <button className="btn quiet icon" type="button" aria-label={t`עריכה: ${name}`} onClick={edit}>
          <Icon icon={IconEdit} size="s" />
        </button>
        <button
          className={appointment ? 'btn' : 'btn quiet icon'}
          type="button"
          aria-label={t`הסרה מהרשימה: ${name}`}
          disabled={remove.isPending}
          onClick={() => remove.mutate()}
        >
          {appointment ? <Trans>הסרה מהרשימה</Trans> : <Icon icon={IconTrash} size="s" />}
        </button>
        <button
          className={appointment ? 'btn quiet' : 'btn'}
          type="button"
          aria-label={t`לקבוע תור: ${name}`}
          onClick={book}
        >
          <Trans>לקבוע תור</Trans>
        </button>
      </div>
      <RemovalRefused
        edit={remove.edit}
        show={theirs => <WaitingWords entry={theirs} />}
        remove={() => remove.mutate()}
      />
    </li>
  )
}
