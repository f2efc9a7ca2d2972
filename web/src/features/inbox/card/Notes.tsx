import { Trans, useLingui } from '@lingui/react/macro'
import { IconTrash } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { patchItems, useAction } from '#shared/api/action'
import { ifMatch } from '#shared/api/client'
import { queryClient } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { NoteAuthor } from '#shared/components/NoteAuthor'
import { Plain, Time } from '#shared/components/text'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { call, type Note } from '../api'
import { notesQuery } from '../queries'

const SHOWN = 3

export function Notes({ contactId, notes }: { contactId: number; notes: readonly Note[] }) {
  const { t } = useLingui()
  const key = notesQuery(contactId).queryKey
  const refresh = () => {
    void queryClient.invalidateQueries({ queryKey: key })
    void queryClient.invalidateQueries({ queryKey: ['inbox-timeline', contactId] })
  }
  const draft = `note.${contactId}`
  const kept = useKept<{ text: string }>(draft)
  const [text, setText] = useState<string | null>(kept?.text ?? null)
  const [isRestored, setRestored] = useState(kept !== undefined)
  const end = useKeep(draft, { text: text ?? '' }, { text: '' })
  const close = () => {
    end()
    setRestored(false)
    setText(null)
  }
  const path = (note: Note) => ({ params: { path: { id: note.id } } })
  const remove = useAction({
    run: (note: Note) => call('DELETE', '/api/notes/{id}', { ...path(note), headers: ifMatch(note.etag) }),
    patches: note => [patchItems<Note>(key, items => items.filter(({ id }) => id !== note.id))],
    done: () => t`ההערה נמחקה`,
    undo: note => call('POST', '/api/notes/{id}/restore', path(note)).then(refresh),
    onDone: refresh,
    // Another user may have changed the note, so the current version is fetched, which the user can then delete.
    onError: () => void refresh(),
  })
  const add = useAction({
    run: (words: string) =>
      call('POST', '/api/contacts/{id}/notes', { params: { path: { id: contactId } }, body: { text: words } }),
    onDone: () => {
      close()
      refresh()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text?.trim()) add.mutate(text.trim())
  }
  const shown = notes.filter(({ deleted_at }) => !deleted_at)
  return (
    <section>
      <div className="sub">
        <h2>
          <Trans>כדאי לדעת</Trans>
        </h2>
        {text === null && (
          <button className="btn link" type="button" onClick={() => setText('')}>
            <Trans>הוספה</Trans>
          </button>
        )}
      </div>
      {text !== null && (
        <form className="stack" onSubmit={submit}>
          {isRestored && <KeptInput discard={close} />}
          <textarea
            className="field"
            dir="auto"
            rows={3}
            aria-label={t`הערה חדשה`}
            // biome-ignore lint/a11y/noAutofocus: the field replaces the button that was pressed
            autoFocus
            value={text}
            onChange={event => setText(event.target.value)}
            onKeyDown={event => event.key === 'Escape' && close()}
          />
          <div className="row">
            <button className="btn pen" type="submit" disabled={add.isPending || !text.trim()}>
              <Trans>שמירה</Trans>
            </button>
            <button className="btn quiet" type="button" onClick={close}>
              <Trans>לא לשמור</Trans>
            </button>
          </div>
        </form>
      )}
      {shown.length === 0 && text === null && (
        <p className="muted">
          <Trans>מה שכותבים כאן רואים כל מי שעונים ללקוח.</Trans>
        </p>
      )}
      {shown.slice(0, SHOWN).map(note => (
        <div key={note.id} className="note-entry">
          <Plain as="p" className="note" text={note.text} />
          <p className="row small faint">
            <span className="grow">
              <NoteAuthor note={note} />, <Time at={note.created_at} style="date" />
            </span>
            <button
              className="btn quiet icon"
              type="button"
              aria-label={t`מחיקת ההערה`}
              onClick={() => remove.mutate(note)}
            >
              <Icon icon={IconTrash} size="s" />
            </button>
          </p>
        </div>
      ))}
    </section>
  )
}
