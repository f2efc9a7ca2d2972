import { Trans, useLingui } from '@lingui/react/macro'
import { IconCheckbox } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { useAction } from '#shared/api/action'
import { newKey } from '#shared/api/client'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { isolate, ltr } from '#shared/format/bidi'
import { formatPhone } from '#shared/format/phone'
import { useShortcuts } from '#shared/keys'
import { useCountry } from '#shared/session'
import { type CallDetail, createTask, deleteTask, refreshTasks, tasksQuery } from './api'
import { CallBack } from './CallBack'
import { numberOf } from './CallRow'
import { CallTask } from './CallTask'

export function Next({ call }: { call: CallDetail }) {
  const { t } = useLingui()
  const country = useCountry()
  const { data } = useQuery(tasksQuery(call))
  const tasks = data?.items ?? []
  const number = numberOf(call)
  const who = call.contact_name ? isolate(call.contact_name) : number ? ltr(formatPhone(number, country)) : t`מספר חסוי`
  const isCallBack = call.outcome === 'missed' || call.outcome === 'failed'
  // The idempotency key stays the same for a retry after a lost response.
  const key = useRef(newKey())
  const task = useAction({
    run: () =>
      createTask(
        {
          title: isCallBack ? t`לחזור אל ${who}` : t`המשך לשיחה עם ${who}`,
          contact_id: call.contact_id,
          call_id: call.id,
        },
        key.current,
      ),
    done: () => (isCallBack ? t`נוספה משימה לחזור אל ${who}` : t`נוספה משימה`),
    undo: (_, { id }) => deleteTask(id).then(refreshTasks),
    onDone: () => {
      key.current = newKey()
      refreshTasks()
    },
  })
  const isMissing = data !== undefined && !tasks.some(({ done_at }) => done_at == null)
  useShortcuts([{ code: 'KeyT', run: () => isMissing && !task.isPending && task.mutate() }])
  return (
    <section>
      <h2>
        <Trans>מה עכשיו</Trans>
      </h2>
      {tasks.length > 0 && (
        <ul className="call-tasks" aria-label={t`משימות מהשיחה`}>
          {tasks.map(one => (
            <CallTask key={one.id} task={one} />
          ))}
        </ul>
      )}
      <CallBack call={call} />
      <div className="row wrap">
        {isMissing && (
          <button
            className="btn"
            type="button"
            aria-keyshortcuts="T"
            disabled={task.isPending}
            onClick={() => task.mutate()}
          >
            <Icon icon={IconCheckbox} />
            {isCallBack && tasks.length === 0 ? <Trans>משימה לחזור</Trans> : <Trans>משימה</Trans>}
            <kbd className="desk-only">T</kbd>
          </button>
        )}
        {tasks.length > 0 && (
          <Link className="btn quiet" href="/app/tasks">
            <Trans>לכל המשימות</Trans>
          </Link>
        )}
        <Link className="btn quiet" href={`/calendar?new=1&contact=${call.contact_id}`}>
          <Trans>לקבוע תור</Trans>
        </Link>
        <Link className="btn quiet" href={`/app/contacts/${call.contact_id}`}>
          <Trans>כרטיס הלקוח</Trans>
        </Link>
      </div>
    </section>
  )
}
