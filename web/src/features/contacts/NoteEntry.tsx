import { NoteAuthor } from '#shared/components/NoteAuthor'
import { NoteForm } from '#shared/notes/NoteForm'
import { NoteText } from '#shared/notes/NoteText'
import { type Note, refresh, type TimelineItem } from './api'
import type { NoteEdits } from './timeline'

interface Props {
  note: Note
  /** The entry of the timeline that is the note. */
  item: TimelineItem
  edits: NoteEdits
}

export const refreshNotes = () => refresh('/api/contacts')

export function NoteEntry({ note, item, edits }: Props) {
  if (edits.isEdited(note)) {
    return (
      <NoteForm
        contactId={note.contact_id}
        note={note}
        isGone={edits.isGone(note)}
        refresh={refreshNotes}
        close={() => edits.close(note)}
      />
    )
  }
  return (
    <NoteText note={note} refresh={refreshNotes} onEdit={() => edits.edit(note, item)}>
      {note.author_name && (
        <p className="small muted">
          <NoteAuthor note={note} />
        </p>
      )}
    </NoteText>
  )
}
