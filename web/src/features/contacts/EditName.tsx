import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { patch, useAction } from '#shared/api/action'
import { knownEtag } from '#shared/api/client'
import { sendPart, useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Icon } from '#shared/components/Icon'
import { Name } from '#shared/components/text'
import { isKept, KeptInput, useKeep, useKept } from '#shared/draft'
import { useUnsaved } from '#shared/unsaved'
import { type ContactDetail, refresh, request } from './api'

const draftOf = (id: number) => `contact-name.${id}`

/** `first` and `etag` are the name and the version on which the input is based. */
interface Kept {
  name: string
  first: string
  etag?: string | undefined
}

export function EditName({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  const [isOpen, setOpen] = useState(() => isKept(draftOf(contact.id)))
  const path = `/api/contacts/${contact.id}`
  if (!isOpen) {
    return (
      <h1 className="id-name">
        <Name name={contact.display_name} number={contact.number ?? null} />
        <button
          className="btn quiet icon"
          type="button"
          aria-label={contact.display_name ? t`שינוי השם` : t`הוספת שם`}
          onClick={() => setOpen(true)}
        >
          <Icon icon={IconPencil} size="s" />
        </button>
      </h1>
    )
  }
  return <NameForm contact={contact} path={path} close={() => setOpen(false)} />
}

interface FormProps {
  contact: ContactDetail
  path: string
  close: () => void
}

/** Includes the previous name: at the time of an undo, the cached contact already has the new name. */
interface Rename {
  display_name: string
  before: string
}

function NameForm({ contact, path, close: leave }: FormProps) {
  const { t } = useLingui()
  const draft = draftOf(contact.id)
  const kept = useKept<Kept>(draft)
  // The edit is based on the name that was shown when the form was opened: another user may change the name meanwhile.
  const [{ first, etag }] = useState(() => kept ?? { first: contact.display_name, etag: knownEtag(path) })
  const [name, setName] = useState(kept?.name ?? first)
  const edit = useEdit<ContactDetail>(etag)
  useUnsaved(name.trim() !== first)
  const end = useKeep<Kept>(draft, { name, first, etag }, { name: first, first, etag }, leave)
  const close = () => {
    end()
    leave()
  }
  const theirs = edit.theirs?.display_name
  const send = (display_name: string, headers: Record<string, string>) =>
    request<ContactDetail>('PATCH', '/api/contacts/{id}', {
      params: { path: { id: contact.id } },
      body: { display_name },
      headers,
    })
  const rename = useAction({
    run: ({ display_name, before }: Rename) =>
      sendPart(
        headers => send(display_name, headers),
        edit.headers(),
        (current: ContactDetail) => current.display_name === before,
      ),
    patches: ({ display_name }) => [
      patch<ContactDetail>(['/api/contacts/{id}', { path: { id: contact.id } }], data => ({ ...data, display_name })),
    ],
    what: () => ({ failed: t`השם לא שונה`, unknown: t`לא ידוע אם השם שונה` }),
    done: () => t`השם שונה`,
    undo: async ({ before }, renamed, headers) => {
      await sendPart(
        headers => send(before, headers),
        headers,
        (now: ContactDetail) => now.display_name === renamed.display_name,
      )
      refresh('/api/contacts')
    },
    onDone: () => {
      refresh('/api/contacts')
      close()
    },
    onError: edit.refused,
  })
  const save = () => rename.mutate({ display_name: name.trim(), before: theirs ?? first })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // While the other user's name is shown, the user must choose between the names first.
    if (theirs !== undefined) return
    if (name.trim() === first) close()
    else save()
  }
  return (
    <form className="name-form" onSubmit={submit} onKeyDown={event => event.key === 'Escape' && close()}>
      <h1 className="vh">
        <Name name={contact.display_name} number={contact.number ?? null} />
      </h1>
      {kept && <KeptInput discard={close} />}
      <input
        className="field"
        dir="auto"
        aria-label={t`שם`}
        value={name}
        maxLength={200}
        // biome-ignore lint/a11y/noAutofocus: the user has just pressed the button that opens the field.
        autoFocus={!kept}
        onChange={event => setName(event.target.value)}
      />
      {theirs !== undefined && (
        <ChangedBy
          name={null}
          theirs={<bdi className="strong">{theirs || '—'}</bdi>}
          onMine={() => {
            edit.takeMine()
            save()
          }}
          onTheirs={() => {
            refresh('/api/contacts')
            close()
          }}
        />
      )}
      <div className="row">
        <button className="btn pen" type="submit" disabled={rename.isPending || theirs !== undefined}>
          <Trans>שמירה</Trans>
        </button>
        <button className="btn quiet" type="button" onClick={close}>
          <Trans>ביטול</Trans>
        </button>
      </div>
    </form>
  )
}
