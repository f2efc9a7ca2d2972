import { Trans, useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { sendPart, useEdit } from '#shared/api/edit'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Field } from '#shared/components/field'
import { Gone } from '#shared/components/Gone'
import { RemovalRefused } from '#shared/components/RemovalRefused'
import { Dot } from '#shared/components/text'
import { KeptInput, useKeep, useKept } from '#shared/draft'
import { serverNow } from '#shared/format/clock'
import { addDays, atNoon } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { readDueAlone } from '#shared/tasks/read-due'
import { useUnsaved } from '#shared/unsaved'
import { Assignee } from './Assignee'
import { refresh, type Task } from './tasks'

/** When a task is due: a day, an instant, or neither. */
interface Due {
  due_date: string | null
  due_at: string | null
}

const dueOf = ({ due_date, due_at }: Task): Due => ({ due_date: due_date ?? null, due_at: due_at ?? null })

/** Accepts the same formats as a new task, and a day without a word before it. Returns undefined for any other text. */
function readTyped(text: string, now: Date, zone: string): Due | undefined {
  const due = readDueAlone(text, now, zone)
  return due && { due_date: due.due_date ?? null, due_at: due.due_at ?? null }
}

interface Kept {
  title: string
  due: Due
  typed: string
  assignee: number | null
  /** The task that was edited. */
  base: Task
}

interface Props {
  task: Task
  /** Whether the task is no longer in the list: another user has deleted it, or it is done. */
  isGone?: boolean
  close: () => void
}

export function EditTask({ task: current, isGone = false, close: leave }: Props) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const format = useFormat()
  const draft = `task-edit.${current.id}`
  const kept = useKept<Kept>(draft)
  // The task as it was when the form was opened, or when the kept input began. A later change by another user must not
  // look like a change of this form.
  const [task] = useState(kept?.base ?? current)
  const saved: Kept = {
    title: task.title,
    due: dueOf(task),
    typed: '',
    assignee: task.assignee ?? null,
    base: task,
  }
  const begun = kept ?? saved
  const [title, setTitle] = useState(begun.title)
  const [due, setDue] = useState<Due>(begun.due)
  const [typed, setTyped] = useState(begun.typed)
  const [assignee, setAssignee] = useState<number | null>(begun.assignee)
  const end = useKeep<Kept>(draft, { title, due, typed, assignee, base: task }, saved)
  const close = () => {
    end()
    leave()
  }
  const today = format.day(serverNow())
  const after = (days: number) => addDays(today, days)
  const choices: [string, string | null][] = [
    [t`היום`, today],
    [t`מחר`, after(1)],
    [t`בעוד שבוע`, after(7)],
    [t`בלי תאריך`, null],
  ]
  const params = { path: { id: task.id } }
  const written = typed.trim() ? readTyped(typed, serverNow(), format.zone) : undefined
  const wanted = written ?? due
  // For a task with a time, the choice of its day is marked; selecting the same day again keeps the time.
  const day = wanted.due_date ?? (wanted.due_at ? format.day(wanted.due_at) : null)
  const isSame = wanted.due_date === (task.due_date ?? null) && wanted.due_at === (task.due_at ?? null)
  const isUnread = typed.trim() !== '' && !written
  const named = ({ due_date, due_at }: Due) =>
    due_at ? `${format.longDate(due_at)}, ${format.time(due_at)}` : due_date ? format.longDate(atNoon(due_date)) : ''
  const patch = (body: Schemas['UpdateTaskRequest'], headers: Record<string, string> = {}) =>
    unwrap(client.PATCH('/api/tasks/{id}', { params, body, headers }))
  // A day replaces an instant, and an instant replaces a day.
  const on = ({ due_at, due_date }: Due) => (due_at ? { due_at } : { due_at: null, due_date })
  const isRenamed = title.trim() !== task.title
  const isReassigned = assignee !== (task.assignee ?? null)
  useUnsaved(isRenamed || !isSame || isReassigned || isUnread)
  const edit = useEdit<Task>(task.etag)
  const { theirs } = edit
  // Only changed fields are sent: a change of the others by another user is not a conflict.
  const partOf = (title: string, due: Due, assignee: number | null) => ({
    ...(isRenamed && { title }),
    ...(!isSame && on(due)),
    ...(isReassigned && { assignee }),
  })
  const before = (of: Task) => partOf(of.title, dueOf(of), of.assignee ?? null)
  const save = useAction({
    run: () => {
      const seen = JSON.stringify(before(edit.replaced() ?? task))
      return sendPart(
        headers => patch(partOf(title.trim(), wanted, assignee), headers),
        edit.headers(),
        (now: Task) => JSON.stringify(before(now)) === seen,
      )
    },
    what: () => ({ failed: t`המשימה לא נשמרה`, unknown: t`לא ידוע אם המשימה נשמרה` }),
    done: () => t`המשימה נשמרה`,
    undo: (_, stored, headers) =>
      sendPart(
        headers => patch(before(edit.replaced() ?? task), headers),
        headers,
        (now: Task) => JSON.stringify(before(now)) === JSON.stringify(before(stored)),
      ).then(() => refresh(cache)),
    onDone: () => {
      refresh(cache)
      close()
    },
    onError: edit.refused,
  })
  const removal = useEdit<Task>(task.etag)
  const remove = useAction({
    run: () => unwrap(client.DELETE('/api/tasks/{id}', { params, headers: removal.headers() })),
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
    onError: removal.refused,
  })
  const shown = (of: Task) => (
    <>
      <bdi className="strong">{of.title}</bdi>
      {(of.due_date || of.due_at) && (
        <>
          <Dot />
          {named(dueOf(of))}
        </>
      )}
      {of.assignee_name && (
        <>
          <Dot />
          <bdi>{of.assignee_name}</bdi>
        </>
      )}
    </>
  )
  const canSave = title.trim() && !isUnread && !save.isPending && !isGone && theirs === undefined
  return (
    <li className="task-edit">
      <form
        // The input is kept as a draft.
        onKeyDown={event => event.key === 'Escape' && leave()}
        onSubmit={event => {
          event.preventDefault()
          // While the other user's version is shown, the user must choose between the versions first.
          if (theirs !== undefined || isGone) return
          if (isRenamed || !isSame || isReassigned) save.mutate()
          else close()
        }}
      >
        {kept && <KeptInput discard={close} />}
        <input
          // biome-ignore lint/a11y/noAutofocus: the row was opened in order to type
          autoFocus
          className="field"
          dir="auto"
          aria-label={t`המשימה`}
          value={title}
          maxLength={200}
          onChange={event => setTitle(event.target.value)}
        />
        <fieldset className="seg" aria-label={t`מתי`}>
          {choices.map(([label, value]) => (
            <button
              key={label}
              type="button"
              role="radio"
              aria-checked={day === value}
              onClick={() => {
                setDue(value !== null && day === value ? wanted : { due_date: value, due_at: null })
                setTyped('')
              }}
            >
              {label}
            </button>
          ))}
        </fieldset>
        <Field
          label={<Trans>יום אחר, או יום ושעה</Trans>}
          value={typed}
          dir="auto"
          autoComplete="off"
          error={isUnread ? t`יום נכתב כך: 24.12, יום שלישי, מחר ב־10` : undefined}
          help={day ? named(wanted) : t`למשל 24.12, יום שלישי, מחר ב־10`}
          onChange={event => setTyped(event.target.value)}
        />
        <Assignee task={task} value={assignee} choose={setAssignee} />
        {isGone && <Gone title={<Trans>מישהו מחק את המשימה, או סימן שנעשתה</Trans>} />}
        {theirs && (
          <ChangedBy
            name={null}
            theirs={shown(theirs)}
            onMine={() => {
              edit.takeMine()
              save.mutate()
            }}
            onTheirs={() => {
              refresh(cache)
              close()
            }}
          />
        )}
        <RemovalRefused edit={removal} show={shown} remove={() => remove.mutate()} />
        <div className="row wrap">
          <button className="btn pen" type="submit" disabled={!canSave}>
            <Trans>שמירה</Trans>
          </button>
          <button className="btn quiet" type="button" onClick={close}>
            <Trans>ביטול</Trans>
          </button>
          {!isGone && (
            <button
              className="btn quiet stop"
              type="button"
              disabled={remove.isPending}
              onClick={() => remove.mutate()}
            >
              <Trans>מחיקה</Trans>
            </button>
          )}
        </div>
      </form>
    </li>
  )
}
