import { useLingui } from '@lingui/react/macro'
import { IconPencil, IconTrash } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useAction } from '../api/action'
import { client, type Schemas, unwrap } from '../api/client'
import { useEdit } from '../api/edit'
import { Icon } from '../components/Icon'
import { RemovalRefused } from '../components/RemovalRefused'
import { Plain } from '../components/text'

export type Note = Schemas['Note']

interface Props {
  note: Note
  /** The author and the time. */
  children: ReactNode
  onEdit: () => void
  /** Fetches the notes again. */
  refresh: () => void
}

/** A note with its buttons. A removal can be undone. */
export function NoteText({ note, children, onEdit, refresh }: Props) {
  const { t } = useLingui()
  const params = { path: { id: note.id } }
  const edit = useEdit<Note>(note.etag, { follows: true })
  const remove = useAction({
    run: () => unwrap(client.DELETE('/api/notes/{id}', { params, headers: edit.headers() })),
    done: () => t`ההערה נמחקה`,
    undo: async () => {
      await unwrap(client.POST('/api/notes/{id}/restore', { params }))
      refresh()
    },
    onDone: refresh,
    onError: error => {
      refresh()
      return edit.refused(error)
    },
  })
  return (
    <>
      <div className="note-entry">
        <div className="grow">
          <Plain as="p" className="note" text={note.text} />
          {children}
        </div>
        <button className="btn quiet icon" type="button" aria-label={t`עריכת ההערה`} onClick={onEdit}>
          <Icon icon={IconPencil} size="s" />
        </button>
        <button
          className="btn quiet icon"
          type="button"
          aria-label={t`מחיקת ההערה`}
          disabled={remove.isPending}
          onClick={() => remove.mutate()}
        >
          <Icon icon={IconTrash} size="s" />
        </button>
      </div>
      <RemovalRefused edit={edit} show={theirs => <Plain text={theirs.text} />} remove={() => remove.mutate()} />
    </>
  )
}
