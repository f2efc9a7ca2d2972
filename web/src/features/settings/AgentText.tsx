import { Trans, useLingui } from '@lingui/react/macro'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { problemText } from '#shared/api/problem-text'
import { Problem } from '#shared/components/Problem'
import { toast } from '#shared/components/toasts'
import { recallDraft, useDraft } from '#shared/draft'
import { useFormat, useSession } from '#shared/session'
import { AgentVersions } from './AgentVersions'
import { Diff } from './Diff'
import { Locked } from './Locked'
import { AGENT_TEXT, type Item } from './sections'
import { useChange } from './use-settings'
import { ownValue, toText } from './value'

/** The daemon's maximum length of the text, in characters. */
const MAX_CHARS = 20_000

/** The key of the text's draft in this browser's storage. */
const DRAFT = AGENT_TEXT

export function AgentText({ item }: { item: Item }) {
  const { t } = useLingui()
  const format = useFormat()
  const { isOwner } = useSession()
  const stored = toText(item.value)
  const canEdit = item.editable && isOwner
  const [draft] = useState(() => (canEdit ? recallDraft<{ text: string; base: string }>(DRAFT) : undefined))
  const [text, setText] = useState(draft?.text ?? stored)
  /**
   * The stored text on which the edit is based. If the stored text differs from it, another user or tab has saved
   * meanwhile.
   */
  const [base, setBase] = useState(draft?.base ?? stored)
  const [error, setError] = useState<string>()
  const isDirty = text !== base
  const isOvertaken = isDirty && stored !== base && stored !== text
  useEffect(() => {
    if (isDirty || stored === base) return
    setText(stored)
    setBase(stored)
  }, [isDirty, stored, base])
  const [, go] = useLocation()
  const input = { text, base }
  const endDraft = useDraft({ name: DRAFT, value: input, isDirty, back: () => go('/app/settings/agent') })
  const undo = useChange()
  /** The input when the last save began, and the value before it. */
  const sent = useRef({ input, before: ownValue(item) })
  const change = useChange({
    // Called even if the user has left the page meanwhile.
    onDone: ({ items: [saved] }, { changes }) => {
      const { input, before } = sent.current
      const value = toText(changes[item.key])
      endDraft(input)
      setBase(value)
      // What the user has typed during the save stays.
      setText(now => (now === input.text ? value : now))
      const expected = { [item.key]: saved?.version ?? item.version }
      toast.done(
        t`הטקסט נשמר. הוא בתוקף מהשיחה הבאה`,
        () => undo.mutate({ changes: { [item.key]: before }, expected }),
        // The undo of an earlier save expects the version of that save.
        { isOnlyUndo: true },
      )
    },
    onError: problem => {
      // The fetched settings contain the other user's text now, and both texts are shown.
      if (problem.code === 'changed') return true
      if (!problem.isTransient) setError(problemText(problem))
      return !problem.isTransient
    },
  })
  const save = (value: string) => {
    setError(undefined)
    sent.current = { input, before: ownValue(item) }
    change.mutate({ changes: { [item.key]: value }, expected: { [item.key]: item.version } })
  }
  const isTooLong = text.length > MAX_CHARS
  return (
    <>
      <section className="agent-text">
        <h2 className="grp" id="agent-text">
          {item.title}
        </h2>
        <p className="muted" id="agent-text-help">
          <Trans>
            כתבו כמו לעובד חדש: מי אתם, מה אומרים ומה לא, ומתי מעבירים אליכם. מחירים, שעות ותשובות קבועות כותבים בדפים
            שלהם.
          </Trans>
        </p>
        <textarea
          className={`field ${isTooLong || error ? 'bad' : ''}`}
          dir="auto"
          rows={10}
          aria-labelledby="agent-text"
          aria-describedby="agent-text-help agent-text-note"
          aria-invalid={isTooLong || undefined}
          readOnly={!canEdit}
          value={text}
          onChange={event => setText(event.target.value)}
        />
        <div className="row wrap">
          {canEdit && (
            <button
              className="btn pen"
              type="button"
              disabled={!isDirty || isTooLong || change.isPending}
              onClick={() => save(text)}
            >
              {isOvertaken ? <Trans>לשמור את שלי</Trans> : <Trans>שמירה</Trans>}
            </button>
          )}
          {isDirty && (
            <button
              className="btn quiet"
              type="button"
              onClick={() => {
                setText(stored)
                setBase(stored)
              }}
            >
              {isOvertaken ? <Trans>לקחת את של האחר</Trans> : <Trans>לבטל את השינויים</Trans>}
            </button>
          )}
          <span className={isTooLong ? 'err' : 'small muted'} id="agent-text-note">
            <Trans>
              {format.number(text.length)} מתוך {format.number(MAX_CHARS)} תווים
            </Trans>
          </span>
        </div>
        {isDirty && draft && (
          <p className="small muted" role="status">
            <Trans>זו טיוטה ששמורה רק בדפדפן הזה. הסוכן עובד לפי הנוסח האחרון ששמרתם.</Trans>
          </p>
        )}
        {error && (
          <p className="err" role="alert">
            {error}
          </p>
        )}
        {isOvertaken && (
          <Problem icon={IconAlertTriangle} title={<Trans>מישהו שמר טקסט אחר בזמן שכתבתם</Trans>}>
            <p>
              <Trans>זה ההבדל בין הטקסט ששמור עכשיו לבין שלכם:</Trans>
            </p>
            <Diff before={stored} after={text} />
          </Problem>
        )}
        {!item.editable && <Locked item={item} />}
      </section>
      <AgentVersions item={item} canEdit={canEdit} hasUnsaved={isDirty} onRestore={save} />
    </>
  )
}
