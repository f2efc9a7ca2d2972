import { Trans, useLingui } from '@lingui/react/macro'
import { Textarea } from '@mantine/core'
import { IconCalendarTime } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { ifMatch, knownEtag } from '#shared/api/client'
import { sendPart } from '#shared/api/edit'
import { apiQuery } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Time } from '#shared/components/text'
import { deferred } from '#shared/deferred'
import { call, type Scheduled } from '../api'

const ChooseTime = deferred(async () => (await import('./ChooseTime')).ChooseTime)

interface Props {
  item: Scheduled
  refresh: () => void
  onClose: () => void
}

/** The message stays scheduled while it is edited. */
export function EditScheduled({ item, refresh, onClose }: Props) {
  const { t } = useLingui()
  const path = { params: { path: { id: item.id } } }
  // Gets the version for `If-Match`, because items of a list have none.
  const current = useQuery({ ...apiQuery('/api/scheduled-messages/{id}', path.params), staleTime: 0, gcTime: 0 })
  const [text, setText] = useState(item.text)
  const [at, setAt] = useState(item.send_at)
  const [isChoosing, setChoosing] = useState(false)
  const isSame = text.trim() === item.text && at === item.send_at
  const close = () => {
    refresh()
    onClose()
  }
  const save = useAction({
    run: () =>
      call<Scheduled>('PATCH', '/api/scheduled-messages/{id}', {
        ...path,
        headers: ifMatch(knownEtag(`/api/scheduled-messages/${item.id}`)),
        body: { text: text.trim(), send_at: at },
      }),
    done: () => t`ההודעה המתוזמנת שונתה`,
    undo: (_, stored, headers) =>
      sendPart(
        headers =>
          call('PATCH', '/api/scheduled-messages/{id}', {
            ...path,
            headers,
            body: { text: item.text, send_at: item.send_at },
          }),
        headers,
        (now: Scheduled) => now.text === stored.text && now.send_at === stored.send_at,
      ).then(refresh),
    onDone: close,
    onError: ({ code }) => {
      // The list then shows the message as another user has changed it, or without it.
      if (code === 'changed' || code === 'not_found') close()
      return false
    },
  })
  const isEmpty = text.trim() === '' && !item.media_id
  return (
    <form
      className="scheduled-edit"
      onSubmit={event => {
        event.preventDefault()
        if (isSame) onClose()
        else save.mutate()
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
      <p className="row">
        <button className="btn" type="button" onClick={() => setChoosing(true)}>
          <Icon icon={IconCalendarTime} size="s" />
          <span>
            <Time at={at} style="day" />, <Time at={at} />
          </span>
        </button>
        <button className="btn pen" type="submit" disabled={isEmpty || save.isPending || current.isPending}>
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
