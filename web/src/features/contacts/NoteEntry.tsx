import { useLingui } from '@lingui/react/macro'
import { IconPencil, IconTrash } from '@tabler/icons-react'
import { useAction } from '#shared/api/action'
import { useEdit } from '#shared/api/edit'
import { Icon } from '#shared/components/Icon'
import { NoteAuthor } from '#shared/components/NoteAuthor'
import { RemovalRefused } from '#shared/components/RemovalRefused'
import { Plain } from '#shared/components/text'
import { type Note, refresh, request, type TimelineItem } from './api'
import { NoteForm } from './NoteForm'
import type { NoteEdits } from './timeline'

interface Props {
  note: Note
  /** The entry of the timeline that is the note. */
  item: TimelineItem
  edits: NoteEdits
}

export function NoteEntry({ note, item, edits }: Props) {
  const { t } = useLingui()
  const params = { path: { id: note.id } }
  const edit = useEdit<Note>(note.etag, { follows: true })
  const remove = useAction({
    run: () => request('DELETE', '/api/notes/{id}', { params, headers: edit.headers() }),
    done: () => t`ההערה נמחקה`,
    undo: async () => {
      await request('POST', '/api/notes/{id}/restore', { params })
      refresh('/api/contacts')
    },
    onDone: () => refresh('/api/contacts'),
    onError: error => {
      refresh('/api/contacts')
      return edit.refused(error)
    },
  })
  if (edits.isEdited(note)) {
    return (
      <NoteForm contactId={note.contact_id} note={note} isGone={edits.isGone(note)} close={() => edits.close(note)} />
    )
  }
  return (
    <>
      <div className="note-entry">
        <div className="grow">
          <Plain as="p" className="note" text={note.text} />
          {note.author_name && (
            <p className="small muted">
              <NoteAuthor note={note} />
            </p>
          )}
        </div>
        <button
          className="btn quiet icon"
          type="button"
          aria-label={t`עריכת ההערה`}
          onClick={() => edits.edit(note, item)}
        >
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
