import { Plural, Trans } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useNextPages } from '#shared/api/all-pages'
import { queryClient } from '#shared/api/query'
import { NoteAuthor } from '#shared/components/NoteAuthor'
import { Time } from '#shared/components/text'
import { isKept } from '#shared/draft'
import { NoteForm, newNoteDraft } from '#shared/notes/NoteForm'
import { NoteText } from '#shared/notes/NoteText'
import type { Note } from '../api'
import { notesPages } from '../queries'

/** How many notes are shown at first. */
const SHOWN = 3

/** The notes about a contact, newest first. */
export function Notes({ contactId }: { contactId: number }) {
  const query = notesPages(contactId)
  const pages = useInfiniteQuery({ ...query, retry: false })
  const refresh = () => {
    void queryClient.invalidateQueries({ queryKey: query.queryKey })
    void queryClient.invalidateQueries({ queryKey: ['inbox-timeline', contactId] })
  }
  const [isWriting, setWriting] = useState(() => isKept(newNoteDraft(contactId)))
  const [isAll, setAll] = useState(false)
  useNextPages(pages, isAll)
  // The notes whose form is open. If another user deletes such a note, the form stays, with the text.
  const [edited, setEdited] = useState<ReadonlyMap<number, Note>>(new Map())
  const notes = useMemo(() => pages.data?.pages.flatMap(({ items }) => items), [pages.data])
  if (!notes) return null
  const gone = pages.hasNextPage ? [] : [...edited.values()].filter(({ id }) => notes.every(note => note.id !== id))
  const shown = isAll ? notes : notes.slice(0, SHOWN)
  const rest = notes.length - SHOWN
  const open = (note: Note) => setEdited(known => new Map([...known, [note.id, note]]))
  const close = (note: Note) => setEdited(known => new Map([...known].filter(([id]) => id !== note.id)))
  const form = (note: Note, isGone: boolean) => (
    <NoteForm
      key={note.id}
      contactId={contactId}
      note={note}
      isGone={isGone}
      refresh={refresh}
      close={() => close(note)}
    />
  )
  return (
    <section className="notes">
      <div className="sub">
        <h2>
          <Trans>כדאי לדעת</Trans>
        </h2>
        {!isWriting && (
          <button className="btn link" type="button" onClick={() => setWriting(true)}>
            <Trans>הוספה</Trans>
          </button>
        )}
      </div>
      {isWriting && <NoteForm contactId={contactId} refresh={refresh} close={() => setWriting(false)} />}
      {notes.length === 0 && !isWriting && (
        <p className="muted">
          <Trans>מה שכותבים כאן רואים כל מי שעונים ללקוח.</Trans>
        </p>
      )}
      {gone.map(note => form(note, true))}
      {shown.map(note =>
        edited.has(note.id) ? (
          form(edited.get(note.id) ?? note, false)
        ) : (
          <NoteText key={note.id} note={note} refresh={refresh} onEdit={() => open(note)}>
            <p className="small faint">
              <NoteAuthor note={note} />, <Time at={note.created_at} style="date" />
            </p>
          </NoteText>
        ),
      )}
      {rest > 0 && (
        <button className="btn link" type="button" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
          {isAll ? (
            <Trans>פחות הערות</Trans>
          ) : pages.hasNextPage ? (
            <Trans>כל ההערות</Trans>
          ) : (
            <Plural value={rest} one="עוד הערה אחת" two="עוד שתי הערות" other="עוד # הערות" />
          )}
        </button>
      )}
    </section>
  )
}
