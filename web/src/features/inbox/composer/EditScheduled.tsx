import { Trans, useLingui } from '@lingui/react/macro'
import { Textarea } from '@mantine/core'
import { IconCalendarTime } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useAction } from '#shared/api/action'
import { ifStill, knownEtag } from '#shared/api/client'
import { sendPart, useEdit } from '#shared/api/edit'
import { apiQuery } from '#shared/api/query'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Icon } from '#shared/components/Icon'
import { ErrorState, isMissing, SkeletonRows } from '#shared/components/states'
import { Plain, Time } from '#shared/components/text'
import { deferred } from '#shared/deferred'
import { call, type Scheduled } from '../api'

const ChooseTime = deferred(async () => (await import('./ChooseTime')).ChooseTime)

interface Props {
  item: Scheduled
  refresh: () => void
  onClose: () => void
  /**
   * Called when the message no longer waits, because it was sent or another user has cancelled it. `text` is what the
   * user has written instead of its text; null if the user has changed nothing.
   */
  onGone: (message: Scheduled, text: string | null) => void
}

/** The message stays scheduled while it is edited. Its first response is what the user edits, with its version. */
export function EditScheduled({ item, ...props }: Props) {
  // Items of a list have no version for `If-Match`.
  const current = useQuery({
    ...apiQuery('/api/scheduled-messages/{id}', { path: { id: item.id } }),
    staleTime: 0,
    gcTime: 0,
  })
  const [base, setBase] = useState<Base>()
  const { data, error, refetch } = current
  if (!base && data) setBase({ item: data, etag: knownEtag(`/api/scheduled-messages/${item.id}`) })
  if (base) {
    const now = isMissing(error) ? ({ ...base.item, state: 'cancelled' } as const) : (data ?? base.item)
    return <ScheduledForm base={base} now={now} {...props} />
  }
  return error ? <ErrorState error={error} retry={() => void refetch()} /> : <SkeletonRows count={1} height={76} />
}

interface Base {
  item: Scheduled
  etag: string | undefined
}

interface FormProps extends Omit<Props, 'item'> {
  base: Base
  /** The message as it is now. */
  now: Scheduled
}

function ScheduledForm({ base: { item, etag }, now, refresh, onClose, onGone }: FormProps) {
  const { t } = useLingui()
  const [text, setText] = useState(item.text)
  const [at, setAt] = useState(item.send_at)
  const [isChoosing, setChoosing] = useState(false)
  const edit = useEdit<Scheduled>(etag)
  const { theirs } = edit
  const isSame = text.trim() === item.text && at === item.send_at
  const isGone = now.state !== 'waiting'
  // biome-ignore lint/correctness/useExhaustiveDependencies: reported once, with the text of that moment
  useEffect(() => {
    if (isGone) onGone(now, text.trim() === item.text ? null : text.trim())
  }, [isGone])
  const close = () => {
    refresh()
    onClose()
  }
  const write = (body: Pick<Scheduled, 'text' | 'send_at'>, headers: Record<string, string>) =>
    call<Scheduled>('PATCH', '/api/scheduled-messages/{id}', { params: { path: { id: item.id } }, headers, body })
  const save = useAction({
    run: async () => {
      const saved = await write({ text: text.trim(), send_at: at }, edit.headers())
      return { before: edit.replaced() ?? item, saved }
    },
    done: () => t`ההודעה המתוזמנת שונתה`,
    undo: (_, { before, saved }) =>
      sendPart(
        headers => write({ text: before.text, send_at: before.send_at }, headers),
        ifStill(saved),
        (now: Scheduled) => now.text === saved.text && now.send_at === saved.send_at,
      ).then(refresh),
    onDone: close,
    onError: error => {
      const isOver = error.code === 'conflict' || error.code === 'not_found'
      if (!isOver && (error.current as Scheduled | undefined)?.state === 'waiting') return edit.refused(error)
      // The next response says what became of the message.
      refresh()
      return isOver || error.code === 'changed'
    },
  })
  const isEmpty = text.trim() === '' && !item.media_id
  return (
    <form
      className="scheduled-edit"
      onSubmit={event => {
        event.preventDefault()
        if (isSame) onClose()
        // While the other user's version is shown, the user must choose between the versions first.
        else if (!theirs) save.mutate()
      }}
    >
      <Textarea
        aria-label={t`ההודעה המתוזמנת`}
        autosize
        minRows={1}
        maxRows={6}
        maxLength={4096}
        dir="auto"
        autoFocus
        value={text}
        onChange={event => setText(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key !== 'Escape') return
          event.stopPropagation()
          onClose()
        }}
      />
      {theirs && (
        <ChangedBy
          name={null}
          theirs={
            <>
              <Plain text={theirs.text} /> (<Time at={theirs.send_at} style="day" />, <Time at={theirs.send_at} />)
            </>
          }
          onMine={() => {
            edit.takeMine()
            save.mutate()
          }}
          onTheirs={close}
        />
      )}
      <p className="row">
        <button className="btn" type="button" onClick={() => setChoosing(true)}>
          <Icon icon={IconCalendarTime} size="s" />
          <span>
            <Time at={at} style="day" />, <Time at={at} />
          </span>
        </button>
        <button className="btn pen" type="submit" disabled={isEmpty || save.isPending || theirs !== undefined}>
          <Trans>שמירה</Trans>
        </button>
        <button className="btn quiet" type="button" onClick={onClose}>
          <Trans>ביטול</Trans>
        </button>
      </p>
      {isChoosing && (
        <ChooseTime
          from={at}
          onClose={() => setChoosing(false)}
          onChoose={chosen => {
            setChoosing(false)
            setAt(chosen.toISOString())
          }}
        />
      )}
    </form>
  )
}
