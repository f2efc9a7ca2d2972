import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { patchItems, useAction } from '#shared/api/action'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { TaskBox } from '#shared/components/TaskBox'
import { Dot, Name, Plain } from '#shared/components/text'
import { serverNow, useNow } from '#shared/format/clock'
import { useFormat } from '#shared/session'
import { dueOf, isLate, markDone, refresh, reopen, type Task } from './tasks'

export function TaskRow({ task, edit }: { task: Task; edit?: () => void }) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const format = useFormat()
  const now = useNow()
  const isDone = task.done_at != null
  const onDone = () => refresh(cache)
  const done = useAction({
    run: () => markDone(task.id),
    patches: () => [
      patchItems<Task>(['/api/tasks'], items =>
        items.map(one => (one.id === task.id ? { ...one, done_at: serverNow().toISOString() } : one)),
      ),
    ],
    done: () => t`נעשה`,
    undo: () => reopen(task.id).then(onDone),
    onDone,
  })
  const back = useAction({ run: () => reopen(task.id), onDone })
  const due = dueOf(task)
  const words = due && (task.due_at ? `${format.dayName(due, now)}, ${format.time(due)}` : format.dayName(due, now))
  return (
    <li className="task">
      <TaskBox
        label={task.title}
        isDone={isDone}
        isBusy={done.isPending || back.isPending}
        toggle={() => (isDone ? back : done).mutate()}
      />
      <div className={`body ${isDone ? 'faint' : ''}`}>
        {edit && !isDone ? (
          <button className="task-words" type="button" onClick={edit}>
            <Plain text={task.title} />
          </button>
        ) : isDone ? (
          <s>
            <Plain text={task.title} />
          </s>
        ) : (
          <Plain text={task.title} />
        )}
        <p className="small faint">
          {words && !isDone && (
            <span className={isLate(task, now, format) ? 'task-due late' : 'task-due muted'}>
              {isLate(task, now, format) ? <Trans>באיחור: {words}</Trans> : words}
            </span>
          )}
          {task.contact_id != null && (
            <>
              {words && !isDone && <Dot />}
              <Link href={`/app/inbox/${task.contact_id}`}>
                <Name name={task.contact_name ?? null} />
              </Link>
            </>
          )}
          {task.assignee_name && (
            <>
              <Dot />
              <bdi>{task.assignee_name}</bdi>
            </>
          )}
          {task.source === 'agent' && (
            <>
              <Dot />
              <Icon icon={IconPencil} size="s" /> <Trans>הסוכן</Trans>
            </>
          )}
        </p>
      </div>
    </li>
  )
}
