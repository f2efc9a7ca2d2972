import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil } from '@tabler/icons-react'
import { patchItems, useAction } from '#shared/api/action'
import { useAllPages } from '#shared/api/all-pages'
import { Icon } from '#shared/components/Icon'
import { TaskBox } from '#shared/components/TaskBox'
import { Dot, Plain, Time } from '#shared/components/text'
import { useNow } from '#shared/format/clock'
import { useFormat } from '#shared/session'
import { useNewTask } from '#shared/tasks/new-task'
import { type ContactDetail, refresh, request, type Task } from './api'

export function ContactTasks({ contact }: { contact: ContactDetail }) {
  const query = useAllPages('/api/tasks', { contact_id: contact.id, state: 'open' })
  const tasks = query.data?.items ?? []
  return (
    <section>
      <h2>
        <Trans>משימות</Trans>
      </h2>
      {query.data && tasks.length === 0 && (
        <p className="muted">
          <Trans>אין משימות פתוחות.</Trans>
        </p>
      )}
      <ul>
        {tasks.map(task => (
          <TaskLine key={task.id} task={task} />
        ))}
      </ul>
      <AddTask contactId={contact.id} />
    </section>
  )
}

function TaskLine({ task }: { task: Task }) {
  const { t } = useLingui()
  const params = { path: { id: task.id } }
  const done = useAction({
    run: () => request('POST', '/api/tasks/{id}/done', { params }),
    patches: () => [patchItems<Task>(['/api/tasks'], items => items.filter(({ id }) => id !== task.id))],
    done: () => t`המשימה בוצעה`,
    undo: async () => {
      await request('POST', '/api/tasks/{id}/reopen', { params })
      refresh('/api/tasks', '/api/contacts')
    },
    onDone: () => refresh('/api/tasks', '/api/contacts'),
  })
  return (
    <li className="task">
      <TaskBox
        label={t`${task.title}, סימון כבוצעה`}
        isDone={false}
        isBusy={done.isPending}
        toggle={() => done.mutate()}
      />
      <div className="body">
        <Plain text={task.title} />
        <br />
        <span className="small muted">
          <Due task={task} />
          {task.source === 'agent' && (
            <>
              <Icon icon={IconPencil} size="s" /> <Trans>הסוכן</Trans>
            </>
          )}
          {task.assignee_name && (
            <>
              <Dot />
              <bdi>{task.assignee_name}</bdi>
            </>
          )}
        </span>
      </div>
    </li>
  )
}

/** Overdue is shown as text, not only by colour. */
function Due({ task: { due_at, due_date } }: { task: Task }) {
  const format = useFormat()
  const now = useNow()
  const at = due_at ?? (due_date ? `${due_date}T10:00:00Z` : null)
  if (!at) return null
  const isLate = due_at ? Date.parse(due_at) < now.getTime() : format.daysFrom(at, now) < 0
  const day = <Time at={at} style={due_at ? 'full' : 'day'} />
  return <span className={isLate ? 'late' : undefined}>{isLate ? <Trans>באיחור: {day}</Trans> : day} </span>
}

function AddTask({ contactId }: { contactId: number }) {
  const { t } = useLingui()
  const task = useNewTask({ draft: `contact-task.${contactId}`, contactId })
  return (
    <form className="add-line" onSubmit={task.submit}>
      <input
        className="field"
        dir="auto"
        aria-label={t`משימה חדשה`}
        placeholder={t`משימה חדשה, למשל: לחזור עם מחיר מחר ב־10`}
        value={task.text}
        maxLength={200}
        onChange={event => task.setText(event.target.value)}
      />
      {!task.isEmpty && (
        <button className="btn" type="submit" disabled={task.isBusy}>
          {task.label}
        </button>
      )}
    </form>
  )
}
