import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { Modal } from '@mantine/core'
import { IconDownload, IconTrash } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { useLocation } from 'wouter'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { Field } from '#shared/components/field'
import { Icon } from '#shared/components/Icon'
import { Name } from '#shared/components/text'
import { formatPhone } from '#shared/format/phone'
import { useCountry, useFormat, useSession } from '#shared/session'
import { type ContactDetail, refresh } from './api'

type Erased = Schemas['EraseContactResponse']

/** Deletion of everything about a contact: for owners, after the name was typed, and never undone. */
export function Privacy({ contact }: { contact: ContactDetail }) {
  const { isOwner } = useSession()
  const [isOpen, setOpen] = useState(false)
  if (!isOwner) {
    return (
      <p className="small faint">
        <Trans>רק בעלי העסק יכולים למחוק לקוח.</Trans>
      </p>
    )
  }
  return (
    <section>
      <button className="btn quiet stop erase" type="button" onClick={() => setOpen(true)}>
        <Icon icon={IconTrash} size="s" />
        <Trans>מחיקת כל המידע</Trans>
      </button>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        size={480}
        title={
          <Trans>
            מחיקת כל המידע על <Name name={contact.display_name} number={contact.number ?? null} />
          </Trans>
        }
      >
        <Form contact={contact} close={() => setOpen(false)} />
      </Modal>
    </section>
  )
}

function Form({ contact, close }: { contact: ContactDetail; close: () => void }) {
  const { t } = useLingui()
  const country = useCountry()
  const [, go] = useLocation()
  const [typed, setTyped] = useState('')
  const [erased, setErased] = useState<Erased | null>(null)
  const shown = contact.display_name || (contact.number ? formatPhone(contact.number, country) : '')
  // The daemon compares with the stored name or number, not with the national form.
  const confirm = typed.trim() === shown && !contact.display_name ? (contact.number ?? typed.trim()) : typed.trim()
  const erase = useAction({
    run: () =>
      unwrap(client.POST('/api/contacts/{id}/erase', { params: { path: { id: contact.id } }, body: { confirm } })),
    onDone: answer => setErased(answer),
  })
  const leave = () => {
    close()
    go('/app/contacts', { replace: true })
    refresh('/api/contacts', '/api/calls', '/api/threads', '/api/inbox')
  }
  if (erased) return <Result erased={erased} leave={leave} />
  const submit = (event: FormEvent) => {
    event.preventDefault()
    erase.mutate()
  }
  return (
    <form className="form dialog-form" onSubmit={submit}>
      <p>
        <Trans>
          יימחקו ההודעות, השיחות, ההקלטות, ההערות, המשימות והפרטים. אי אפשר לבטל את זה. בעותקי הגיבוי המידע נשאר עד שהם
          מתחלפים.
        </Trans>
      </p>
      <a className="btn" href={`/api/contacts/${contact.id}/export`} download>
        <Icon icon={IconDownload} size="s" />
        <Trans>קודם להוריד הכול</Trans>
      </a>
      <Field
        label={
          <Trans>
            לאישור כותבים: <bdi>{shown}</bdi>
          </Trans>
        }
        dir="auto"
        value={typed}
        autoComplete="off"
        onChange={event => setTyped(event.target.value)}
      />
      <div className="row">
        <button className="btn stop fill" type="submit" disabled={typed.trim() !== shown || erase.isPending}>
          <Trans>למחוק לתמיד</Trans>
        </button>
        <button className="btn quiet" type="button" onClick={close}>
          <Trans>לא למחוק</Trans>
        </button>
      </div>
      {typed.trim() !== '' && typed.trim() !== shown && (
        <p className="small muted" role="status">
          {t`עוד לא זהה`}
        </p>
      )}
    </form>
  )
}

/** What was deleted, and where something of it remains for a while. */
function Result({ erased, leave }: { erased: Erased; leave: () => void }) {
  const format = useFormat()
  const { overwritten, bridge_pending, snapshots } = erased
  const until = snapshots
    .map(snapshot => snapshot.until)
    .sort()
    .at(-1)
  const day = until && format.date(until)
  return (
    <div className="form dialog-form" role="status">
      <p className="strong">
        <Trans>כל המידע נמחק מהמכונה.</Trans>
      </p>
      {(bridge_pending || !overwritten || until) && (
        <>
          <p className="muted">
            <Trans>מה עוד נשאר, ועד מתי:</Trans>
          </p>
          <ul className="remains muted">
            {bridge_pending && (
              <li>
                <Trans>
                  בתוכנה שמחברת ל־WhatsApp: היא לא ענתה. המכונה מבקשת ממנה שוב, לבד, עד 30 ימים; אין מה לעשות.
                </Trans>
              </li>
            )}
            {!overwritten && (
              <li>
                <Trans>
                  בקובץ העבודה של מסד הנתונים, כי תוכנה אחרת קוראת בו עכשיו. הוא יידרס לבד, בדרך כלל תוך זמן קצר.
                </Trans>
              </li>
            )}
            {day && (
              <li>
                <Plural
                  value={snapshots.length}
                  one={`בעותק גיבוי אחד, עד ${day}.`}
                  two={`בשני עותקי גיבוי, עד ${day}.`}
                  other={`ב־# עותקי גיבוי, עד ${day}.`}
                />
              </li>
            )}
          </ul>
        </>
      )}
      <button className="btn pen" type="button" onClick={leave}>
        <Trans>לכל הלקוחות</Trans>
      </button>
    </div>
  )
}
