import { Trans, useLingui } from '@lingui/react/macro'
import { IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { patchItems, useAction } from '#shared/api/action'
import { ifMatch } from '#shared/api/client'
import { useEdit } from '#shared/api/edit'
import { problemText } from '#shared/api/problem-text'
import { queryClient } from '#shared/api/query'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Dialog } from '#shared/components/Dialog'
import { Field } from '#shared/components/field'
import { Icon } from '#shared/components/Icon'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { Plain } from '#shared/components/text'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { isolate } from '#shared/format/bidi'
import { call, type SavedReply } from '../api'
import { repliesQuery } from '../queries'

interface ListProps {
  replies: readonly SavedReply[]
  query: string
  isLoaded: boolean
  /** Whether the user has pressed Enter although no reply matches. */
  isUnknown: boolean
  chosen: number
  onChoose: (text: string) => void
  onManage: () => void
}

export function ReplyList({ replies, query, isLoaded, isUnknown, chosen, onChoose, onManage }: ListProps) {
  const { t } = useLingui()
  return (
    <div className="pop replies">
      <ul id="saved-replies" role="listbox" aria-label={t`תשובות שמורות`}>
        {replies.map((reply, at) => (
          <li
            key={reply.id}
            id={`saved-reply-${at}`}
            role="option"
            aria-selected={at === chosen}
            onMouseDown={event => {
              // Keeps the focus in the field.
              event.preventDefault()
              onChoose(reply.text)
            }}
          >
            <span className="strong nowrap">
              <bdi>/{reply.shortcut}</bdi>
            </span>
            <Plain text={reply.text} className="clip" />
          </li>
        ))}
      </ul>
      <div className="row foot">
        <span className={isUnknown ? 'small bad grow' : 'small muted grow'} role={isUnknown ? 'alert' : undefined}>
          {isUnknown ? (
            <Trans>אין תשובה בשם הזה. עוד Enter ישלח ללקוח את מה שכתוב</Trans>
          ) : replies.length > 0 ? (
            <Trans>Enter מכניס את התשובה, ואפשר עוד לערוך אותה</Trans>
          ) : isLoaded && query ? (
            <Trans>אין תשובה שמורה כזאת</Trans>
          ) : isLoaded ? (
            <Trans>עוד אין תשובות שמורות. תשובה שחוזרת כל יום שומרים פעם אחת.</Trans>
          ) : null}
        </span>
        <button className="btn link" type="button" onMouseDown={event => event.preventDefault()} onClick={onManage}>
          <Trans>עריכת הרשימה</Trans>
        </button>
      </div>
    </div>
  )
}

const refresh = () => void queryClient.invalidateQueries({ queryKey: repliesQuery.queryKey })
const remake = ({ shortcut, text }: SavedReply) =>
  call('POST', '/api/saved-replies', { body: { shortcut, text } }).then(refresh)

export function ManageReplies({ onClose }: { onClose: () => void }) {
  const { t } = useLingui()
  const query = useQuery(repliesQuery)
  const [edited, setEdited] = useState<SavedReply | null>(null)
  const remove = useAction({
    run: (reply: SavedReply) =>
      call('DELETE', '/api/saved-replies/{id}', {
        params: { path: { id: reply.id } },
        headers: ifMatch(reply.etag),
      }),
    patches: reply => [
      patchItems<SavedReply>(repliesQuery.queryKey, items => items.filter(({ id }) => id !== reply.id)),
    ],
    done: () => t`התשובה השמורה נמחקה`,
    undo: remake,
  })
  return (
    <Dialog onClose={onClose} title={t`תשובות שמורות`} size="lg">
      <Loaded query={query} skeleton={<SkeletonRows count={3} height={56} />}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={<Trans>עוד אין תשובות שמורות</Trans>}>
              <Trans>כתבו כאן תשובה שחוזרת כל יום. אחר כך, «/» בתחילת הודעה מציע אותה.</Trans>
            </EmptyState>
          ) : (
            <ul className="entries">
              {items.map(reply => (
                <li key={reply.id}>
                  <button className="grow stack" type="button" onClick={() => setEdited(reply)}>
                    <bdi className="strong">/{reply.shortcut}</bdi>
                    <Plain text={reply.text} className="small muted" />
                  </button>
                  <button
                    className="btn quiet icon"
                    type="button"
                    aria-label={t`מחיקת ${isolate(reply.shortcut)}`}
                    onClick={() => remove.mutate(reply)}
                  >
                    <Icon icon={IconTrash} />
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <ReplyForm key={edited?.id ?? 'new'} reply={edited} onDone={() => setEdited(null)} />
    </Dialog>
  )
}

/** `etag` is the version on which the input is based. */
interface KeptReply {
  shortcut: string
  text: string
  etag?: string | undefined
}

function ReplyForm({ reply, onDone }: { reply: SavedReply | null; onDone: () => void }) {
  const { t } = useLingui()
  const id = useId()
  const draft = `reply.${reply?.id ?? 'new'}`
  const kept = useKept<KeptReply>(draft)
  const [shortcut, setShortcut] = useState(kept?.shortcut ?? reply?.shortcut ?? '')
  const [text, setText] = useState(kept?.text ?? reply?.text ?? '')
  const etag = kept ? kept.etag : reply?.etag
  const saved = { shortcut: reply?.shortcut ?? '', text: reply?.text ?? '', etag }
  const [isRestored, setRestored] = useState(kept !== undefined)
  const clear = () => {
    setRestored(false)
    setShortcut(saved.shortcut)
    setText(saved.text)
    onDone()
  }
  const end = useKeep<KeptReply>(draft, { shortcut, text, etag }, saved, clear)
  const close = () => {
    end()
    clear()
  }
  const [problem, setProblem] = useState<string>()
  const edit = useEdit<SavedReply>(etag)
  const { theirs } = edit
  const save = useAction({
    run: () =>
      reply
        ? call('PATCH', '/api/saved-replies/{id}', {
            params: { path: { id: reply.id } },
            body: { shortcut, text },
            headers: edit.headers(),
          })
        : call('POST', '/api/saved-replies', { body: { shortcut, text } }),
    onDone: () => {
      refresh()
      close()
    },
    onError: error => {
      if (edit.refused(error)) return true
      if (error.status !== 409 && error.field !== 'shortcut') return false
      setProblem(error.status === 409 ? t`כבר יש תשובה בשם הזה` : problemText(error))
      return true
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setProblem(undefined)
    save.mutate()
  }
  return (
    <form className="form reply-form" onSubmit={submit}>
      {isRestored && <KeptInput discard={close} />}
      <Field
        label={<Trans>שם קצר</Trans>}
        help={<Trans>מילה אחת, שמקלידים אחרי «/»</Trans>}
        error={problem}
        dir="auto"
        value={shortcut}
        onChange={event => setShortcut(event.target.value.replace(/^\/|\s/g, ''))}
        required
        maxLength={40}
      />
      <div className="labelled">
        <label className="lb" htmlFor={id}>
          <Trans>התשובה</Trans>
        </label>
        <textarea
          id={id}
          className="field"
          dir="auto"
          rows={3}
          value={text}
          onChange={event => setText(event.target.value)}
          required
        />
      </div>
      {theirs && (
        <ChangedBy
          name={null}
          theirs={
            <>
              <bdi className="strong">/{theirs.shortcut}</bdi> <Plain text={theirs.text} />
            </>
          }
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
        <button className="btn pen" type="submit" disabled={save.isPending || theirs !== undefined}>
          {reply ? <Trans>שמירה</Trans> : <Trans>הוספה</Trans>}
        </button>
        {reply && (
          <button className="btn quiet" type="button" onClick={close}>
            <Trans>לא לשנות</Trans>
          </button>
        )}
      </div>
    </form>
  )
}
