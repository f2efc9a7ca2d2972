import { Trans, useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { addDays } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { refresh, type Task } from './tasks'

/** The words and the day of a task. */
export function EditTask({ task, close }: { task: Task; close: () => void }) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const format = useFormat()
  const [title, setTitle] = useState(task.title)
  const [due, setDue] = useState<string | null>(task.due_date ?? (task.due_at ? format.day(task.due_at) : null))
  const today = format.day(new Date())
  const after = (days: number) => addDays(today, days)
  const choices: [string, string | null][] = [
    [t`היום`, today],
    [t`מחר`, after(1)],
    [t`בעוד שבוע`, after(7)],
    [t`בלי תאריך`, null],
  ]
  const params = { path: { id: task.id } }
  const keepsTime = task.due_at !== null && task.due_at !== undefined && due === format.day(task.due_at)
  const save = useAction({
    run: () =>
      unwrap(
        client.PATCH('/api/tasks/{id}', {
          params,
          body: { title: title.trim(), ...(!keepsTime && { due_date: due, ...(task.due_at && { due_at: null }) }) },
        }),
      ),
    onDone: () => {
      refresh(cache)
      close()
    },
  })
  const remove = useAction({
    run: () => unwrap(client.DELETE('/api/tasks/{id}', { params })),
    done: () => t`המשימה נמחקה`,
    undo: () => {
      const { title, contact_id, thread_id, call_id, due_at, due_date, assignee } = task
      return unwrap(
        client.POST('/api/tasks', { body: { title, contact_id, thread_id, call_id, due_at, due_date, assignee } }),
      ).then(() => refresh(cache))
    },
    onDone: () => {
      refresh(cache)
      close()
    },
  })
  return (
    <li className="task-edit">
      <form
        onSubmit={event => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <input
          // biome-ignore lint/a11y/noAutofocus: the row was opened in order to type
          autoFocus
          className="field"
          dir="auto"
          aria-label={t`המשימה`}
          value={title}
          maxLength={500}
          onChange={event => setTitle(event.target.value)}
          onKeyDown={event => event.key === 'Escape' && close()}
        />
        <fieldset className="seg" aria-label={t`מתי`}>
          {choices.map(([label, value]) => (
            <button key={label} type="button" role="radio" aria-checked={due === value} onClick={() => setDue(value)}>
              {label}
            </button>
          ))}
        </fieldset>
        <div className="row wrap">
          <button className="btn pen" type="submit" disabled={!title.trim() || save.isPending}>
            <Trans>שמירה</Trans>
          </button>
          <button className="btn quiet" type="button" onClick={close}>
            <Trans>ביטול</Trans>
          </button>
          <button className="btn quiet stop" type="button" disabled={remove.isPending} onClick={() => remove.mutate()}>
            <Trans>מחיקה</Trans>
          </button>
        </div>
      </form>
    </li>
  )
}
