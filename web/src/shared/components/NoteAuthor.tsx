import { Trans } from '@lingui/react/macro'
import type { components } from '../api/schema'
import { Dot } from './text'

/** The author of a note, and whether it was edited: with the last editor's name if that is another, known user. */
export function NoteAuthor({ note }: { note: components['schemas']['Note'] }) {
  const isOtherEditor = note.edited_by_name && note.edited_by !== note.author
  return (
    <>
      <bdi>{note.author_name}</bdi>
      {note.edited_at && <Dot />}
      {note.edited_at &&
        (isOtherEditor ? (
          <Trans>
            נערכה בידי <bdi>{note.edited_by_name}</bdi>
          </Trans>
        ) : (
          <Trans>נערכה</Trans>
        ))}
    </>
  )
}
