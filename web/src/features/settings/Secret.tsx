import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, useState } from 'react'
import type { ControlProps } from './value'

/** The value is never shown; it can only be replaced or removed. */
export function Secret({ item, canEdit, isBad, labelledBy, describedBy, onSave }: ControlProps) {
  const { t } = useLingui()
  const [text, setText] = useState<string>()
  const [before, setBefore] = useState(item)
  const [isSent, setSent] = useState(false)
  // A new version after sending means that the secret was saved, so the field closes. If another user saves the secret
  // while this user is typing, the field stays open.
  if (before.version !== item.version && (isSent || text === undefined)) {
    setBefore(item)
    setSent(false)
    setText(undefined)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!text?.trim()) return
    setSent(true)
    onSave(text.trim(), before.version)
  }
  if (text === undefined) {
    return (
      <div className="pair">
        <input
          className="field"
          dir={item.secret_set ? 'ltr' : undefined}
          readOnly
          value={item.secret_set ? '••••••••••••' : t`לא הוגדר`}
          aria-labelledby={labelledBy}
          aria-describedby={describedBy}
        />
        {canEdit && (
          <button className="btn" type="button" aria-describedby={labelledBy} onClick={() => setText('')}>
            {item.secret_set ? <Trans>החלפה</Trans> : <Trans>הזנה</Trans>}
          </button>
        )}
        {canEdit && item.secret_set && (
          <button className="btn quiet" type="button" aria-describedby={labelledBy} onClick={() => onSave(null)}>
            <Trans>הסרה</Trans>
          </button>
        )}
      </div>
    )
  }
  return (
    <form className="pair" onSubmit={submit}>
      <input
        className={`field ${isBad ? 'bad' : ''}`}
        type="password"
        dir="ltr"
        autoComplete="off"
        // biome-ignore lint/a11y/noAutofocus: the field replaces the button that was pressed
        autoFocus
        value={text}
        aria-labelledby={labelledBy}
        aria-describedby={describedBy}
        aria-invalid={isBad || undefined}
        onChange={event => {
          setSent(false)
          setText(event.target.value)
        }}
        onKeyDown={event => event.key === 'Escape' && setText(undefined)}
      />
      <button className="btn" type="submit" disabled={!text.trim()}>
        <Trans>שמירה</Trans>
      </button>
      <button className="btn quiet" type="button" onClick={() => setText(undefined)}>
        <Trans>לבטל</Trans>
      </button>
    </form>
  )
}
