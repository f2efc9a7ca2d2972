import { Trans, useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useAction } from '../api/action'
import { useKeep, useKept } from '../draft'
import { concerns } from '../events/changes'
import { serverNow } from '../format/clock'
import { useFormat } from '../session'
import { withoutSent } from '../typed'
import { remove, useCreateTask } from './create-task'
import { type NewTask, readDue } from './read-due'

interface Options {
  /** The name of the draft that keeps the input. */
  draft: string
  contactId?: number
}

const CHANGED = new Set(['/api/tasks', '/api/contacts'])

/**
 * The state of a field for a new task. Words such as «מחר» or «בשעה 9:30» at the end or the start of the text set the
 * day or the time; `label` is the text of the button, and contains them.
 */
export function useNewTask({ draft, contactId }: Options) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const format = useFormat()
  const kept = useKept<string>(draft)
  const [text, setText] = useState(kept ?? '')
  const end = useKeep(draft, text, '', () => setText(''))
  const read = readDue(text, serverNow(), format.zone)
  const refresh = () =>
    void cache.invalidateQueries({
      predicate: ({ queryKey: [path] }) => typeof path === 'string' && concerns(path, CHANGED),
    })
  const create = useCreateTask(draft, refresh)
  const add = useAction({
    run: ({ body }: { body: NewTask; words: string }) =>
      create({ ...body, ...(contactId !== undefined && { contact_id: contactId }) }),
    what: () => ({ failed: t`המשימה לא נוספה`, unknown: t`לא ידוע אם המשימה נוספה` }),
    done: () => t`המשימה נוספה`,
    undo: (_, { id }, headers) => remove(id, headers).then(refresh),
    onDone: (_, { words }) => {
      end(words)
      setText(now => withoutSent(now, words))
      refresh()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (read.title && !add.isPending) add.mutate({ body: read, words: text.trim() })
  }
  const label: ReactNode = read.due_at ? (
    <Trans>
      להוסיף ל{format.dayName(read.due_at, serverNow())}, {format.time(read.due_at)}
    </Trans>
  ) : read.due_date ? (
    <Trans>להוסיף ל{format.dayName(`${read.due_date}T12:00:00Z`, serverNow())}</Trans>
  ) : (
    <Trans>להוסיף בלי תאריך</Trans>
  )
  return { text, setText, submit, label, isEmpty: text.trim() === '', isBusy: add.isPending }
}
