import { Trans, useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconCalendarTime } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { patchItems, useAction } from '#shared/api/action'
import { useAllPages } from '#shared/api/all-pages'
import { asApiError } from '#shared/api/errors'
import { queryClient } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Plain, Time } from '#shared/components/text'
import { toast } from '#shared/components/toasts'
import { useOpenItems } from '#shared/open-items'
import { call, type Scheduled } from '../api'
import type { Outgoing } from '../outbox'
import { useFailure } from '../texts'
import { EditScheduled } from './EditScheduled'

const ALL = ['/api/scheduled-messages']
const refresh = () => void queryClient.invalidateQueries({ queryKey: ALL })

interface Props {
  threadId: number
  /** Restores the text and the file in the composer. */
  onEdit: (text: string, media?: Outgoing['media']) => void
}

export function ScheduledList({ threadId, onEdit }: Props) {
  const { t } = useLingui()
  const failure = useFailure()
  const failed = useAllPages('/api/scheduled-messages', { thread_id: threadId, state: 'failed' })
  const waiting = useAllPages('/api/scheduled-messages', { thread_id: threadId, state: 'waiting' })
  const removal = {
    run: (item: Scheduled) => call('DELETE', '/api/scheduled-messages/{id}', { params: { path: { id: item.id } } }),
    patches: (item: Scheduled) => [patchItems<Scheduled>(ALL, items => items.filter(({ id }) => id !== item.id))],
  }
  const fileOf = ({ media_id: id }: Scheduled): Outgoing['media'] =>
    id ? { id, mime: '', name: t`הקובץ המצורף`, width: null, height: null } : undefined
  // The text of a failed message returns only after the message was discarded: otherwise it could be sent twice.
  const edit = useAction({
    ...removal,
    onDone: (_, item) => {
      refresh()
      onEdit(item.text, fileOf(item))
    },
  })
  const cancel = useAction({
    ...removal,
    done: () => t`ההודעה המתוזמנת בוטלה`,
    isCancellation: true,
    undo: async item => {
      const { thread_id, text, media_id, send_at, provider } = item
      try {
        await call('POST', '/api/scheduled-messages', {
          body: { thread_id, text, send_at, ...(media_id && { media_id }), ...(provider && { provider }) },
        })
        refresh()
      } catch (reason) {
        // The daemon schedules no message for a time that has passed.
        if (asApiError(reason).field !== 'send_at') throw reason
        onEdit(item.text, fileOf(item))
        toast.error(t`השעה כבר עברה. ההודעה כאן, ולא תישלח לבד.`)
      }
    },
    onDone: refresh,
  })
  // A message that has failed cannot be scheduled again for its time, which has passed.
  const discard = useAction({ ...removal, onDone: refresh })
  const [edited, setEdited] = useState<number | null>(null)
  // The editor stays until it has reported what became of its message.
  const { rows } = useOpenItems(waiting.data?.items, ({ id }) => id === edited)
  const own = [...(failed.data?.items ?? []).filter(({ id }) => id !== edited), ...rows]
  /** The message whose editor was closed: its button gets the focus back. */
  const [closed, setClosed] = useState<number | null>(null)
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => {
    if (closed === null) return
    list.current?.querySelector<HTMLElement>(`[data-id="${closed}"]`)?.focus()
    setClosed(null)
  }, [closed])
  const onGone = (message: Scheduled, text: string | null) => {
    setEdited(null)
    refresh()
    if (text === null) return
    // The file of a message that was sent, or that is still in the list, is not attached a second time.
    onEdit(text, message.state === 'cancelled' ? fileOf(message) : undefined)
    toast.error(
      message.state === 'sent'
        ? t`ההודעה כבר נשלחה; הנוסח החדש שלכם כאן`
        : message.state === 'failed'
          ? t`ההודעה לא נשלחה; הנוסח החדש שלכם כאן`
          : t`ההודעה בוטלה בינתיים; הנוסח החדש שלכם כאן`,
    )
  }
  const closeEditor = () => {
    setClosed(edited)
    setEdited(null)
  }
  if (own.length === 0) return null
  return (
    <ul className="scheduled" ref={list} aria-label={t`הודעות מתוזמנות`}>
      {own.map(item => (
        <li key={item.id} className={item.state === 'failed' ? 'bad' : undefined}>
          {edited === item.id && item.state === 'waiting' ? (
            <EditScheduled item={item} refresh={refresh} onClose={closeEditor} onGone={onGone} />
          ) : (
            <>
              <Icon icon={item.state === 'failed' ? IconAlertCircle : IconCalendarTime} size="s" />
              <span className="grow">
                <span className="small strong">
                  {item.state === 'failed' ? (
                    <Trans>לא נשלח: {failure(item.error_code, null)}</Trans>
                  ) : (
                    <Trans>
                      מתוזמן: <Time at={item.send_at} style="day" />, <Time at={item.send_at} />
                    </Trans>
                  )}
                </span>
                <Plain text={item.text} className="clip" />
              </span>
              <button
                className="btn link"
                type="button"
                data-id={item.id}
                onClick={() => (item.state === 'failed' ? edit.mutate(item) : setEdited(item.id))}
              >
                <Trans>עריכה</Trans>
              </button>
              <button
                className="btn quiet"
                type="button"
                onClick={() => (item.state === 'failed' ? discard : cancel).mutate(item)}
              >
                <Trans>ביטול</Trans>
              </button>
            </>
          )}
        </li>
      ))}
    </ul>
  )
}
