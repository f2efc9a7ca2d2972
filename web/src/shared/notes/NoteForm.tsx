import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react'
import { useAction } from '../api/action'
import { client, ifStill, unwrap } from '../api/client'
import { sendPart, useEdit } from '../api/edit'
import { ChangedBy } from '../components/ChangedBy'
import { Plain } from '../components/text'
import { KeptInput, useKeep, useKept } from '../draft'
import type { Note } from './NoteText'

/** `etag` is the version on which the input is based. */
interface Kept {
  text: string
  etag?: string | undefined
}

interface Props {
  contactId: number
  note?: Note
  /** Whether another user has deleted the note. Then the text is saved as a new note. */
  isGone?: boolean
  /** Fetches the notes again. */
  refresh: () => void
  close: () => void
}

/** The key under which the text of a new note is kept. */
export const newNoteDraft = (contactId: number) => `note.${contactId}`

/** Ctrl-Enter saves; Esc closes the form, which has its input again when it is opened the next time. */
export function NoteForm({ contactId, note, isGone = false, refresh, close: leave }: Props) {
  const { t } = useLingui()
  const draft = note ? `note-edit.${note.id}` : newNoteDraft(contactId)
  const kept = useKept<Kept>(draft)
  const [text, setText] = useState(kept?.text ?? note?.text ?? '')
  const etag = kept ? kept.etag : note?.etag
  const end = useKeep<Kept>(draft, { text, etag }, { text: note?.text ?? '', etag }, leave)
  const close = () => {
    end()
    leave()
  }
  const edit = useEdit<Note>(etag)
  const { theirs } = edit
  // The version that the change replaces; the undo restores it.
  const seen = useRef(note)
  if (theirs) seen.current = theirs
  const write = (id: number, body: { text: string }, headers: Record<string, string> = {}) =>
    unwrap(client.PATCH('/api/notes/{id}', { params: { path: { id } }, body, headers }))
  const save = useAction({
    run: async () => {
      const before = isGone ? undefined : seen.current?.text
      const saved = await (note && !isGone
        ? write(note.id, { text: text.trim() }, edit.headers())
        : unwrap(
            client.POST('/api/contacts/{id}/notes', {
              params: { path: { id: contactId } },
              body: { text: text.trim() },
            }),
          ))
      return { saved, before }
    },
    what: () => ({ failed: t`ההערה לא נשמרה`, unknown: t`לא ידוע אם ההערה נשמרה` }),
    done: (_, { before }) => (before === undefined ? t`ההערה נשמרה` : t`ההערה שונתה`),
    undo: async (_, { saved, before }) => {
      const { id } = saved
      const headers = ifStill(saved)
      if (before !== undefined) {
        await sendPart(
          headers => write(id, { text: before }, headers),
          headers,
          (now: Note) => now.text === saved.text,
        )
      } else await unwrap(client.DELETE('/api/notes/{id}', { params: { path: { id } }, headers }))
      refresh()
    },
    onDone: () => {
      refresh()
      close()
    },
    onError: edit.refused,
  })
  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    // While the other user's text is shown, the user must choose between the texts first.
    if (text.trim() && !save.isPending && !theirs) save.mutate()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape') leave()
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit()
  }
  return (
    <form className="note-form" onSubmit={submit}>
      {kept && <KeptInput discard={close} />}
      <textarea
        className="field"
        dir="auto"
        rows={3}
        maxLength={10_000}
        aria-label={note ? t`הערה` : t`הערה חדשה`}
        placeholder={t`מה כדאי לזכור? רק הצוות רואה את זה`}
        value={text}
        // biome-ignore lint/a11y/noAutofocus: the user has just pressed the button that opens the field.
        autoFocus
        onKeyDown={onKeyDown}
        onChange={event => setText(event.target.value)}
      />
      {isGone && (
        <p className="small bad" role="alert">
          <Trans>ההערה נמחקה בינתיים. שמירה תוסיף אותה מחדש.</Trans>
        </p>
      )}
      {theirs && (
        <ChangedBy
          name={theirs.edited_by_name}
          theirs={<Plain text={theirs.text} />}
          onMine={() => {
            edit.takeMine()
            save.mutate()
          }}
          onTheirs={() => {
            refresh()
            close()
          }}
        />
      )}
      <div className="row">
        <button className="btn pen" type="submit" disabled={!text.trim() || save.isPending || theirs !== undefined}>
          <Trans>שמירה</Trans>
        </button>
        <button className="btn quiet" type="button" onClick={close}>
          <Trans>ביטול</Trans>
        </button>
        <span className="small faint desk-only">
          <bdi dir="ltr">Ctrl Enter</bdi>
        </span>
      </div>
    </form>
  )
}
