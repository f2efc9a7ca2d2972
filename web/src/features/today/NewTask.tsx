import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { Icon } from '#shared/components/Icon'
import { useKeep, useKept } from '#shared/draft'
import { serverNow } from '#shared/format/clock'
import { useFormat } from '#shared/session'
import { withoutSent } from '#shared/typed'
import { readDue } from './read-due'
import { refresh } from './tasks'

/** Words such as «מחר» or «בשעה 9:30» at the end of the text set the day or the time. */
export function NewTask({ autoFocus = false }: { autoFocus?: boolean }) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const format = useFormat()
  const kept = useKept<string>('task.new')
  const [text, setText] = useState(kept ?? '')
  const end = useKeep('task.new', text, '', () => setText(''))
  const read = readDue(text, serverNow(), format.zone)
  const remove = (id: number) =>
    unwrap(client.DELETE('/api/tasks/{id}', { params: { path: { id } } })).then(() => refresh(cache))
  const add = useAction({
    run: ({ body }: { body: typeof read; words: string }) => unwrap(client.POST('/api/tasks', { body })),
    done: () => t`המשימה נוספה`,
    undo: (_, made) => remove(made.id),
    onDone: (_, { words }) => {
      end(words)
      setText(now => withoutSent(now, words))
      refresh(cache)
    },
  })
  return (
    <form
      className="new-task"
      onSubmit={event => {
        event.preventDefault()
        if (read.title && !add.isPending) add.mutate({ body: read, words: text.trim() })
      }}
    >
      <Icon icon={IconPlus} />
      <input
        // biome-ignore lint/a11y/noAutofocus: the page was opened in order to type
        autoFocus={autoFocus}
        dir="auto"
        value={text}
        maxLength={200}
        aria-label={t`משימה חדשה`}
        placeholder={t`משימה חדשה, למשל: להתקשר לרונית מחר ב־10`}
        enterKeyHint="done"
        onChange={event => setText(event.target.value)}
      />
      {text.trim() && (
        <button className="btn link" type="submit" disabled={add.isPending}>
          {read.due_at ? (
            <Trans>
              להוסיף ל{format.dayName(read.due_at, serverNow())}, {format.time(read.due_at)}
            </Trans>
          ) : read.due_date ? (
            <Trans>להוסיף ל{format.dayName(`${read.due_date}T12:00:00Z`, serverNow())}</Trans>
          ) : (
            <Trans>להוסיף</Trans>
          )}
        </button>
      )}
    </form>
  )
}
