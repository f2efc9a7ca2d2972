import { Trans, useLingui } from '@lingui/react/macro'
import { IconCheck, IconX } from '@tabler/icons-react'
import { Fragment } from 'react'
import { patchItems, useAction } from '#shared/api/action'
import { useAllPages } from '#shared/api/all-pages'
import { queryClient } from '#shared/api/query'
import { FieldText } from '#shared/components/FieldText'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { NextAppointment } from '#shared/components/NextAppointment'
import { Phone, Plain, Time } from '#shared/components/text'
import { isolate } from '#shared/format/bidi'
import { type Contact, call, type Task } from '../api'
import { numberOf } from '../model/person'
import { Notes } from './Notes'

interface Props {
  contact: Contact
  onTask: () => void
  onClose?: () => void
}

/** A section with data of its own appears once the data is loaded. */
export function Card({ contact, onTask, onClose }: Props) {
  const { t } = useLingui()
  return (
    <>
      <div className="head">
        <h2 className="grow card-title">
          <Trans>כרטיס לקוח</Trans>
        </h2>
        <Link className="btn quiet" href={`/app/contacts/${contact.id}`}>
          <Trans>פתיחה</Trans>
        </Link>
        {onClose && (
          <button className="btn quiet icon" type="button" aria-label={t`סגירה`} onClick={onClose}>
            <Icon icon={IconX} />
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a pane that scrolls takes the focus */}
      <div className="scroll facts" tabIndex={0} role="region" aria-label={t`פרטים`}>
        <NextAppointment contact={contact} canBook />
        {/* The key discards a text that was typed about another contact. */}
        <Notes key={contact.id} contactId={contact.id} />
        <Tasks contactId={contact.id} onTask={onTask} />
        <Details contact={contact} />
      </div>
    </>
  )
}

function Tasks({ contactId, onTask }: { contactId: number; onTask: () => void }) {
  const { t } = useLingui()
  const { data } = useAllPages('/api/tasks', { contact_id: contactId, state: 'open' })
  const verb = (task: Task, verb: 'done' | 'reopen') =>
    call('POST', `/api/tasks/{id}/${verb}`, { params: { path: { id: task.id } } })
  const refresh = () => void queryClient.invalidateQueries({ queryKey: ['/api/tasks'] })
  const done = useAction({
    run: (task: Task) => verb(task, 'done'),
    patches: task => [patchItems<Task>(['/api/tasks'], items => items.filter(({ id }) => id !== task.id))],
    done: () => t`המשימה בוצעה`,
    undo: task => verb(task, 'reopen').then(refresh),
    onDone: refresh,
  })
  if (!data) return null
  return (
    <section>
      <div className="sub">
        <h2>
          <Trans>משימות</Trans>
        </h2>
        <button className="btn link" type="button" onClick={onTask}>
          <Trans>הוספה</Trans>
        </button>
      </div>
      {data.items.length === 0 && (
        <p className="muted">
          <Trans>אין משימות פתוחות</Trans>
        </p>
      )}
      {data.items.map(task => (
        <div className="row" key={task.id}>
          <button
            className="hit"
            type="button"
            role="checkbox"
            aria-checked="false"
            aria-label={isolate(task.title)}
            onClick={() => done.mutate(task)}
          >
            <span className="tick">
              <Icon icon={IconCheck} size="s" />
            </span>
          </button>
          <span className="grow">
            <Plain text={task.title} />
            {(task.due_at ?? task.due_date) && (
              <span className="small muted due">
                <Time at={task.due_at ?? `${task.due_date}T12:00:00Z`} style="day" />
              </span>
            )}
          </span>
        </div>
      ))}
    </section>
  )
}

function Details({ contact }: { contact: Contact }) {
  const number = numberOf(contact)
  const calls = contact.threads.filter(({ type }) => type === 'call').length
  return (
    <section>
      <h2>
        <Trans>פרטים</Trans>
      </h2>
      <dl className="kv">
        {number && (
          <>
            <dt>
              <Trans>טלפון</Trans>
            </dt>
            <dd>
              <Phone number={number} />
            </dd>
          </>
        )}
        <dt>
          <Trans>לקוח מאז</Trans>
        </dt>
        <dd>
          <Time at={contact.created_at} style="date" />
        </dd>
        <dt>
          <Trans>ערוצים</Trans>
        </dt>
        <dd>
          {contact.threads.some(({ type }) => type === 'whatsapp') && 'WhatsApp'}
          {calls > 0 && contact.threads.length > calls && ', '}
          {calls > 0 && <Trans>טלפון</Trans>}
        </dd>
        {contact.opted_out && (
          <>
            <dt>
              <Trans>הודעות</Trans>
            </dt>
            <dd>
              <Trans>ביקש לא לקבל</Trans>
            </dd>
          </>
        )}
        {contact.fields
          ?.filter(({ kind, value }) => value && kind !== 'flag')
          .map(({ field_id, name, kind, value }) => (
            <Fragment key={field_id}>
              <dt>
                <bdi>{name}</bdi>
              </dt>
              <dd>
                <FieldText kind={kind} value={value} />
              </dd>
            </Fragment>
          ))}
      </dl>
      {contact.tags && contact.tags.length > 0 && (
        <div className="row wrap">
          {contact.tags.map(({ id, name }) => (
            <span className="chip" key={id}>
              <bdi>{name}</bdi>
            </span>
          ))}
        </div>
      )}
    </section>
  )
}
