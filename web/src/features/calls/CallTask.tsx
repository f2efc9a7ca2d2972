import { Trans, useLingui } from '@lingui/react/macro'
import { IconCheck } from '@tabler/icons-react'
import { patchItems, useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { Icon } from '#shared/components/Icon'
import { Plain } from '#shared/components/text'
import { refreshTasks, type Task } from './api'

/** A task about the call, and whether it is done. */
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
    patches: () => patched(new Date().toISOString()),
    done: () => t`המשימה בוצעה`,
    undo: () => reopen().then(refreshTasks),
    onDone: refreshTasks,
  })
  const back = useAction({ run: reopen, patches: () => patched(null), onDone: refreshTasks })
  return (
    <li className="task">
      <button
        className="hit"
        type="button"
        role="checkbox"
        aria-checked={isDone}
        aria-label={task.title}
        disabled={done.isPending || back.isPending}
        onClick={() => (isDone ? back : done).mutate()}
      >
        <span className="tick">{isDone && <Icon icon={IconCheck} size="s" />}</span>
      </button>
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
            {isDone && task.assignee_name && ' · '}
            {task.assignee_name && <bdi>{task.assignee_name}</bdi>}
          </p>
        )}
      </div>
    </li>
  )
}
