import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconDownload, IconHistory, IconTrash } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { useAction } from '#shared/api/action'
import { useAllPages } from '#shared/api/all-pages'
import { client, unwrap } from '#shared/api/client'
import { BackCloses } from '#shared/components/BackCloses'
import { Dialog } from '#shared/components/Dialog'
import { Field } from '#shared/components/field'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Name } from '#shared/components/text'
import { serverNow } from '#shared/format/clock'
import { useCountry, useSession } from '#shared/session'
import type { ContactDetail } from './api'
import { confirmationOf, readable } from './confirmation'
import type { Erased } from './ErasedContact'

interface Props {
  contact: ContactDetail
  /** Called with the result, to show where copies remain: the contact's page no longer exists then. */
  onErased: (answer: Erased) => void
}

/** For owners only, after a typed confirmation, and without undo. */
export function Privacy({ contact, onErased }: Props) {
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
      <Link className="btn quiet" href={`/app/settings/audit?contact=${contact.id}`}>
        <Icon icon={IconHistory} size="s" />
        <Trans>מי שינה מה</Trans>
      </Link>
      <button className="btn quiet stop erase" type="button" onClick={() => setOpen(true)}>
        <Icon icon={IconTrash} size="s" />
        <Trans>מחיקת כל המידע</Trans>
      </button>
      <Dialog
        opened={isOpen}
        onClose={() => setOpen(false)}
        size={480}
        title={
          <Trans>
            מחיקת כל המידע על <Name name={contact.display_name} number={contact.number ?? null} />
          </Trans>
        }
      >
        <BackCloses close={() => setOpen(false)} />
        <Form contact={contact} onErased={onErased} close={() => setOpen(false)} />
      </Dialog>
    </section>
  )
}

function Form({ contact, onErased, close }: Props & { close: () => void }) {
  const { t } = useLingui()
  const country = useCountry()
  const [typed, setTyped] = useState('')
  const { shown, confirm } = confirmationOf(contact, country)
  const isSame = readable(typed) === shown
  const [from] = useState(() => serverNow().toISOString())
  const { data: future } = useAllPages('/api/appointments', { contact_id: contact.id, state: 'booked', from })
  const appointments = future?.items.length ?? 0
  const erase = useAction({
    // The number of the daemon's response includes past appointments.
    run: async (count: number) => ({
      ...(await unwrap(
        client.POST('/api/contacts/{id}/erase', { params: { path: { id: contact.id } }, body: { confirm } }),
      )),
      appointments: count,
    }),
    onDone: onErased,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isSame) erase.mutate(appointments)
  }
  return (
    <form className="form dialog-form" onSubmit={submit}>
      <p>
        <Trans>
          יימחקו ההודעות, השיחות, ההקלטות, ההערות, המשימות, התורים והפרטים. אי אפשר לבטל את זה. בעותקי הגיבוי המידע נשאר
          עד שהם מתחלפים.
        </Trans>
      </p>
      {appointments > 0 && (
        <p className="strong">
          <Plural
            value={appointments}
            one="תור עתידי אחד יימחק מהיומן, והלקוח לא יקבל על כך הודעה."
            two="שני תורים עתידיים יימחקו מהיומן, והלקוח לא יקבל על כך הודעה."
            other="# תורים עתידיים יימחקו מהיומן, והלקוח לא יקבל על כך הודעה."
          />
        </p>
      )}
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
        <button className="btn stop fill" type="submit" disabled={!isSame || erase.isPending}>
          <Trans>למחוק לתמיד</Trans>
        </button>
        <button className="btn quiet" type="button" onClick={close}>
          <Trans>לא למחוק</Trans>
        </button>
      </div>
      {typed.trim() !== '' && !isSame && (
        <p className="small muted" role="status">
          {t`עוד לא זהה`}
        </p>
      )}
    </form>
  )
}
