import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, useState } from 'react'
import { patch, useAction } from '#shared/api/action'
import { knownEtag } from '#shared/api/client'
import { sendPart, useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Dialog } from '#shared/components/Dialog'
import { Field } from '#shared/components/field'
import { Phone } from '#shared/components/text'
import { type Contact, call } from '../api'

interface Props {
  contact: Contact
  number: string | null
  onClose: () => void
}

export function NameDialog({ contact: { id, display_name: shown }, number, onClose }: Props) {
  const { t } = useLingui()
  // Another user may give the contact a name while the dialog is open.
  const [before] = useState(shown)
  const [name, setName] = useState('')
  const edit = useEdit<Contact>(knownEtag(`/api/contacts/${id}`))
  const { theirs } = edit
  const send = (display_name: string, headers: Record<string, string> = {}) =>
    call('PATCH', '/api/contacts/{id}', { params: { path: { id } }, body: { display_name }, headers })
  const rename = useAction({
    run: (display_name: string) => {
      const seen = edit.replaced()?.display_name ?? before
      return sendPart(
        headers => send(display_name, headers),
        edit.headers(),
        (current: Contact) => current.display_name === seen,
      )
    },
    patches: display_name => [
      patch<Contact>(['/api/contacts/{id}', { path: { id } }], contact => ({ ...contact, display_name })),
    ],
    done: () => t`השם נשמר`,
    undo: () => send(edit.replaced()?.display_name ?? before),
    onDone: onClose,
    onError: edit.refused,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // While the other user's name is shown, the user must choose between the names first.
    if (theirs === undefined) rename.mutate(name.trim())
  }
  return (
    <Dialog onClose={onClose} title={<Trans>הוספת שם</Trans>}>
      <form className="form" onSubmit={submit}>
        {number && (
          <p className="muted">
            <Phone number={number} />
          </p>
        )}
        <Field
          label={<Trans>שם</Trans>}
          dir="auto"
          data-autofocus
          autoComplete="off"
          value={name}
          maxLength={200}
          onChange={event => setName(event.target.value)}
        />
        {theirs && (
          <ChangedBy
            name={null}
            theirs={<bdi className="strong">{theirs.display_name || '—'}</bdi>}
            onMine={() => {
              edit.takeMine()
              rename.mutate(name.trim())
            }}
            onTheirs={onClose}
          />
        )}
        <button className="btn pen" type="submit" disabled={!name.trim() || rename.isPending || theirs !== undefined}>
          <Trans>שמירה</Trans>
        </button>
      </form>
    </Dialog>
  )
}
