import { Trans, useLingui } from '@lingui/react/macro'
import { patchItems, useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { TaskBox } from '#shared/components/TaskBox'
import { Dot, Plain } from '#shared/components/text'
import { serverNow } from '#shared/format/clock'
import { refreshTasks, type Task } from './api'

export function CallTask({ task }: { task: Task }) {
  const { t } = useLingui()
  const params = { path: { id: task.id } }
  const isDone = task.done_at != null
  const patched = (done_at: string | null) => [
    patchItems<Task>(['/api/tasks'], items => items.map(one => (one.id === task.id ? { ...one, done_at } : one))),
  ]
  const reopen = () => unwrap(client.POST('/api/tasks/{id}/reopen', { params }))
  const done = useAction({
    run: () => unwrap(client.POST('/api/tasks/{id}/done', { params })),
    patches: () => patched(serverNow().toISOString()),
    done: () => t`המשימה בוצעה`,
    undo: () => reopen().then(refreshTasks),
    onDone: refreshTasks,
  })
  const back = useAction({ run: reopen, patches: () => patched(null), onDone: refreshTasks })
  return (
    <li className="task">
      <TaskBox
        label={task.title}
        isDone={isDone}
        isBusy={done.isPending || back.isPending}
        toggle={() => (isDone ? back : done).mutate()}
      />
      <div className={`body ${isDone ? 'faint' : ''}`}>
        {isDone ? (
          <s>
            <Plain text={task.title} />
          </s>
        ) : (
          <Plain text={task.title} />
        )}
        {(isDone || task.assignee_name) && (
          <p className="small faint">
            {isDone && <Trans>בוצעה</Trans>}
            {isDone && task.assignee_name && <Dot />}
            {task.assignee_name && <bdi>{task.assignee_name}</bdi>}
          </p>
        )}
      </div>
    </li>
  )
}
