import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useSearchParams } from 'wouter'
import { apiPages } from '#shared/api/query'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { useNow } from '#shared/format/clock'
import { useOpenItems } from '#shared/open-items'
import { useFormat } from '#shared/session'
import { EditTask } from './EditTask'
import { NewTask } from './NewTask'
import { TaskRow } from './TaskRow'
import './today.css'
import { type Group, groupOf, type Task } from './tasks'

type Show = 'open' | 'mine' | 'done'

const GROUPS: readonly Group[] = ['late', 'today', 'later', 'some_day']

export default function TasksPage() {
  const { t } = useLingui()
  useDocumentTitle(t`משימות`)
  const format = useFormat()
  const now = useNow()
  const [params] = useSearchParams()
  const [show, setShow] = useState<Show>('open')
  const [open, setOpen] = useState<number | null>(null)
  const query = useInfiniteQuery(
    apiPages('/api/tasks', {
      query: { limit: 100, state: show === 'done' ? 'done' : 'open', ...(show === 'mine' && { assignee: 'me' }) },
    }),
  )
  const tasks = query.data?.pages.flatMap(page => page.items)
  const { rows, isGone } = useOpenItems(tasks, ({ id }) => id === open)
  const choose = (one: Show) => {
    setShow(one)
    // The input of an open form is kept. In another list, the form would say that its task was removed.
    setOpen(null)
  }
  const names: Record<Group, ReactNode> = {
    late: <Trans>באיחור</Trans>,
    today: <Trans>להיום</Trans>,
    later: <Trans>בהמשך</Trans>,
    some_day: <Trans>בלי תאריך</Trans>,
  }
  const row = (task: Task) =>
    open === task.id ? (
      <EditTask key={task.id} task={task} isGone={isGone(task)} close={() => setOpen(null)} />
    ) : (
      <TaskRow key={task.id} task={task} edit={() => setOpen(task.id)} />
    )
  return (
    <div className="page-scroll" tabIndex={-1}>
      <main className="page narrow">
        <div className="page-head">
          <h1 className="grow">
            <Trans>משימות</Trans>
          </h1>
          <fieldset className="seg" aria-label={t`אילו משימות`}>
            {(['open', 'mine', 'done'] as const).map(one => (
              <button key={one} type="button" role="radio" aria-checked={show === one} onClick={() => choose(one)}>
                {one === 'open' ? <Trans>פתוחות</Trans> : one === 'mine' ? <Trans>שלי</Trans> : <Trans>נעשו</Trans>}
              </button>
            ))}
          </fieldset>
        </div>
        {show !== 'done' && <NewTask autoFocus={params.get('new') !== null} />}
        <Loaded
          query={{ ...query, data: tasks }}
          skeleton={<SkeletonRows count={6} height={56} />}
          title={<Trans>המשימות לא נטענו</Trans>}
        >
          {() =>
            rows.length === 0 ? (
              <Empty show={show} />
            ) : show === 'done' ? (
              <ul>{rows.map(row)}</ul>
            ) : (
              GROUPS.map(group => {
                const of = rows.filter(task => groupOf(task, now, format) === group)
                return (
                  of.length > 0 && (
                    <section key={group} className="task-group" aria-labelledby={`tasks-${group}`}>
                      <h2 id={`tasks-${group}`}>{names[group]}</h2>
                      <ul>{of.map(row)}</ul>
                    </section>
                  )
                )
              })
            )
          }
        </Loaded>
        {query.hasNextPage && (
          <button
            className="btn"
            type="button"
            disabled={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            <Trans>עוד</Trans>
          </button>
        )}
      </main>
    </div>
  )
}

function Empty({ show }: { show: Show }) {
  if (show === 'done') {
    return (
      <EmptyState title={<Trans>עוד לא נעשתה משימה</Trans>}>
        <Trans>כל משימה שמסמנים נשארת כאן, ואפשר להחזיר אותה.</Trans>
      </EmptyState>
    )
  }
  return (
    <EmptyState title={<Trans>אין משימות פתוחות</Trans>}>
      <Trans>מה שכותבים בשורה למעלה נשמר כאן. גם מפנייה או משיחה אפשר לפתוח משימה, והסוכן פותח כשהוא מבטיח משהו.</Trans>
    </EmptyState>
  )
}
