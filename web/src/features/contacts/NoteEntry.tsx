import { useLingui } from '@lingui/react/macro'
import { IconPencil, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { Icon } from '#shared/components/Icon'
import { NoteAuthor } from '#shared/components/NoteAuthor'
import { dirOf, stripMarks } from '#shared/format/bidi'
import { type Note, refresh, request } from './api'
import { NoteForm } from './NoteForm'

/** A note: its text, who wrote it, and the buttons to change and delete it. */
export function NoteEntry({ note }: { note: Note }) {
  const { t } = useLingui()
  const [isEdited, setEdited] = useState(false)
  const params = { path: { id: note.id } }
  const remove = useAction({
    run: () => request('DELETE', '/api/notes/{id}', { params }),
    done: () => t`ההערה נמחקה`,
    undo: async () => {
      await request('POST', '/api/notes/{id}/restore', { params })
      refresh('/api/contacts')
    },
    onDone: () => refresh('/api/contacts'),
  })
  if (isEdited) return <NoteForm contactId={note.contact_id} note={note} close={() => setEdited(false)} />
  return (
    <div className="note-entry">
      <div className="grow">
        <p className="note" dir={dirOf(note.text)}>
          {stripMarks(note.text)}
        </p>
        {note.author_name && (
          <p className="small muted">
            <NoteAuthor note={note} />
          </p>
        )}
      </div>
      <button className="btn quiet icon" type="button" aria-label={t`עריכת ההערה`} onClick={() => setEdited(true)}>
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
  )
}
